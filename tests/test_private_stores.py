"""What is stored through Home Assistant is for its account alone, as are the files that are written otherwise."""

import ast
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "custom_components/timmy_access"


def stores() -> list[tuple[str, ast.Call]]:
    """Return where each store is made, and how."""
    return [
        (f"{path.relative_to(SOURCES)}:{node.lineno}", node)
        for path in sorted(SOURCES.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Store"
    ]


def is_private(call: ast.Call) -> bool:
    return any(
        word.arg == "private" and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in call.keywords
    )


def test_every_store_is_private() -> None:
    found = stores()
    assert found
    assert [where for where, call in found if not is_private(call)] == []
