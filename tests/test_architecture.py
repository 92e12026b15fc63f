"""Imports point one way, and each circle stays what it is."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
INTEGRATION = ROOT / "custom_components" / "timmy_access"
# About 400 lines; over it a second noun is hiding.
MAX_LINES = 400

# What a module may not import, by where it stands.
FORBIDDEN = {
    INTEGRATION / "ledger": ("homeassistant", "custom_components.timmy_access", "simulator"),
    INTEGRATION / "protocol": ("homeassistant", "custom_components.timmy_access", "simulator"),
    ROOT / "simulator": ("homeassistant", "custom_components"),
}
PLATFORMS = (
    "binary_sensor",
    "button",
    "condition",
    "event",
    "image",
    "lock",
    "number",
    "select",
    "sensor",
    "switch",
    "trigger",
)


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Return the absolute and relative modules a file imports; relative ones keep their dots."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


@pytest.mark.parametrize("folder", FORBIDDEN, ids=lambda folder: folder.name)
def test_circles_do_not_look_outward(folder: Path) -> None:
    for path in sources(folder):
        depth = len(path.relative_to(folder).parts)
        for module in imports(path):
            assert not module.startswith(FORBIDDEN[folder]), f"{path} imports {module}"
            dots = len(module) - len(module.lstrip("."))
            assert dots <= depth, f"{path} imports {module} from outside its circle"


def test_nothing_imports_a_platform() -> None:
    for path in sources(INTEGRATION):
        for module in imports(path):
            assert module.lstrip(".") not in PLATFORMS or not module.startswith("."), path


def test_only_the_flow_and_the_hub_know_of_approval() -> None:
    for path in sources(INTEGRATION):
        if path.stem not in {"coordinator", "hub", "__init__"} and path.parent == INTEGRATION:
            assert ".hub" not in imports(path), path


def test_no_module_outgrows_its_noun() -> None:
    long = [
        path.relative_to(ROOT)
        for folder in (INTEGRATION, ROOT / "benchmarks", ROOT / "simulator", ROOT / "scripts")
        for path in sources(folder)
        if len(path.read_text().splitlines()) > MAX_LINES
    ]
    assert long == []
