"""The texts that the panel names by themselves are there, and are given what stands in them."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

REPOSITORY = Path(__file__).parent.parent
SOURCES = sorted((REPOSITORY / "frontend" / "src").rglob("*.ts"))
TEXTS: dict[str, Any] = json.loads(
    (REPOSITORY / "custom_components" / "timmy_access" / "translations" / "en.json").read_text()
)
_ERROR = re.compile(r'texts\.error\(\s*"(\w+)",\s*\{([^{}]*)\}')
_SAID = re.compile(r'texts\.say\(\s*"([\w.]+)"')
_COUNTED = re.compile(r'texts\.count\(\s*"([\w.]+)"')
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def named(pattern: re.Pattern[str]) -> Iterator[tuple[str, ...]]:
    """Yield what is named in the panel's sources."""
    for source in SOURCES:
        yield from (found.groups() for found in pattern.finditer(source.read_text()))


def text(key: str) -> str | None:
    """Return a text of the panel by its key; None where there is none."""
    node: Any = TEXTS["config_panel"]
    for part in key.split("."):
        node = node.get(part, {})
    return node if isinstance(node, str) else None


def test_errors_that_the_panel_says_itself_are_there_with_what_stands_in_them() -> None:
    found = list(named(_ERROR))
    assert found
    for key, values in found:
        given = {part.partition(":")[0].strip() for part in values.split(",") if part.strip()}
        assert key in TEXTS["exceptions"], key
        assert set(_PLACEHOLDER.findall(TEXTS["exceptions"][key]["message"])) == given, key


def test_texts_that_the_panel_names_are_there() -> None:
    assert [key for (key,) in named(_SAID) if text(key) is None] == []
    counted = [f"{key}_{form}" for (key,) in named(_COUNTED) for form in ("one", "other")]
    assert counted
    assert [key for key in counted if text(key) is None] == []
