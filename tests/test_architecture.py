"""The house: which rooms there are, which way imports point, and that nothing goes round in a circle."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
INTEGRATION = ROOT / "custom_components" / "timmy_access"
OURS = "custom_components.timmy_access"
# About 400 lines; over it a second noun is hiding.
MAX_LINES = 400

# Each room, and the rooms whose things it may use; the words at the door are everybody's.
ROOMS: Mapping[str, frozenset[str]] = {
    room: frozenset(may.split())
    for room, may in {
        "protocol": "",
        "ledger": "",
        "sealing": "",
        "terminal": "protocol ledger",
        "people": "protocol ledger terminal",
        "records": "protocol ledger sealing terminal",
        "house": "protocol ledger sealing terminal people records",
        "guests": "protocol ledger terminal people records house",
        "hub": "protocol ledger terminal people records house guests",
        "automation": "protocol ledger terminal people records house guests hub",
        "flows": "protocol ledger terminal people records house guests hub",
        "services": "protocol ledger terminal people records house guests hub",
        "panel": "protocol ledger terminal people records house guests hub services",
        "voice": "protocol ledger terminal people records house guests hub",
    }.items()
}
# Rooms that know nothing of what Home Assistant or this integration is.
BY_THEMSELVES = ("ledger", "protocol")
# What these share with the others all the same: it is about Python.
EVERYBODYS = frozenset({"unhurried"})
# The few words that all rooms share, and what these may use.
WORDS: Mapping[str, frozenset[str]] = {
    "const": frozenset(),
    "errors": frozenset({"const", "ledger", "protocol"}),
    "fields": frozenset({"const", "protocol"}),
    "issues": frozenset({"const", "protocol"}),
    "unhurried": frozenset(),
}
# What Home Assistant looks for by name, and what its platforms have in common.
PLATFORMS = frozenset({"binary_sensor", "button", "event", "image", "lock", "number", "select", "sensor", "switch"})
HOOKS = frozenset(
    {
        *("__init__", "backup", "condition", "config_flow", "device_condition", "device_trigger", "diagnostics"),
        *("llm", "logbook", "repairs", "system_health", "trigger"),
    }
)
DOOR = PLATFORMS | HOOKS | {"entity"}
# What of the door other files at the door may use: whatever is no platform.
SHARED_AT_THE_DOOR = frozenset({"diagnostics", "entity"})


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def name_of(path: Path) -> str:
    """Return the dotted name of a module, from the root of the repository."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Yield what a file imports, for types too, by its full name: modules, and names in modules."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level > 1 else package
            module = ".".join(part for part in (base if node.level else "", node.module) if part)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def used_by(path: Path) -> set[tuple[str, str]]:
    """Return which parts of the integration a file uses: the room or the file at the door, and the full name."""
    return {
        (name.removeprefix(f"{OURS}.").partition(".")[0], name) for name in imports(path) if name.startswith(f"{OURS}.")
    }


def test_only_rooms_and_known_names_are_at_the_door() -> None:
    assert {path.name for path in INTEGRATION.iterdir() if (path / "__init__.py").exists()} == ROOMS.keys()
    assert {path.stem for path in INTEGRATION.glob("*.py")} == DOOR | WORDS.keys()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_what_lies_below_it(room: str) -> None:
    allowed = ROOMS[room] | {room} | (EVERYBODYS if room in BY_THEMSELVES else WORDS.keys())
    for path in sources(INTEGRATION / room):
        assert [name for part, name in used_by(path) if part not in allowed] == [], path


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for(room: str) -> None:
    docstring = ast.get_docstring(ast.parse((INTEGRATION / room / "__init__.py").read_text()))
    assert docstring
    assert docstring.splitlines()[0].endswith(".")


@pytest.mark.parametrize("word", WORDS)
def test_shared_words_use_next_to_nothing(word: str) -> None:
    assert [name for part, name in used_by(INTEGRATION / f"{word}.py") if part not in WORDS[word]] == []


@pytest.mark.parametrize("stem", sorted(DOOR))
def test_nothing_uses_a_platform(stem: str) -> None:
    allowed = ROOMS.keys() | WORDS.keys() | SHARED_AT_THE_DOOR
    assert [name for part, name in used_by(INTEGRATION / f"{stem}.py") if part not in allowed] == []


@pytest.mark.parametrize(
    ("folder", "foreign"),
    [
        *((INTEGRATION / room, ("homeassistant", "simulator")) for room in BY_THEMSELVES),
        (ROOT / "simulator", ("homeassistant", "custom_components")),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_what_stands_by_itself_does_not_look_outward(folder: Path, foreign: tuple[str, ...]) -> None:
    for path in sources(folder):
        assert [name for name in imports(path) if name.split(".")[0] in foreign] == [], path


@pytest.mark.parametrize("folder", ["custom_components", "simulator", "benchmarks", "scripts"])
def test_nothing_goes_round_in_a_circle(folder: str) -> None:
    modules = {name_of(path): path for path in sources(ROOT / folder)}
    graph = {name: set(_modules(imports(path), modules)) - {name} for name, path in modules.items()}
    # Whoever uses nothing of what is left is in no circle.
    while done := {name for name, used in graph.items() if not used & graph.keys()}:
        graph = {name: used for name, used in graph.items() if name not in done}
    assert graph == {}


def _modules(names: Iterable[str], modules: Mapping[str, Path]) -> Iterator[str]:
    """Yield the modules that are meant: a name in a module means that module."""
    for name in names:
        if name in modules:
            yield name
        elif (outer := name.rpartition(".")[0]) in modules:
            yield outer


def test_no_module_outgrows_its_noun() -> None:
    long = [
        path.relative_to(ROOT)
        for folder in (INTEGRATION, ROOT / "benchmarks", ROOT / "simulator", ROOT / "scripts")
        for path in sources(folder)
        if len(path.read_text().splitlines()) > MAX_LINES
    ]
    assert long == []
