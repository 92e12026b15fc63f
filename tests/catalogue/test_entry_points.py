"""Where Home Assistant enters the integration, there is what hassfest looks for."""

import ast
from collections.abc import Iterator, Mapping

import pytest

from .repository import INTEGRATION

# Steps of a flow that somebody else than a person begins.
DISCOVERIES = {
    "async_step_bluetooth",
    "async_step_dhcp",
    "async_step_discovery",
    "async_step_hassio",
    "async_step_homekit",
    "async_step_integration_discovery",
    "async_step_mqtt",
    "async_step_ssdp",
    "async_step_usb",
    "async_step_zeroconf",
}


def names_in(source: str) -> set[str]:
    """Return what is defined, assigned or imported at the top of a module."""
    found: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


def faults(sources: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong, given sources by the names of their modules."""
    if "async_setup" in (names := names_in(sources["__init__"])) and "CONFIG_SCHEMA" not in names:
        yield "does not say what it takes from YAML"
    steps = {
        node.name for node in ast.walk(ast.parse(sources["config_flow"])) if isinstance(node, ast.AsyncFunctionDef)
    }
    if steps & DISCOVERIES and "self.async_set_unique_id(" not in sources["config_flow"]:
        yield "is discovered again and again"


def test_ours() -> None:
    assert list(faults({name: (INTEGRATION / f"{name}.py").read_text() for name in ("__init__", "config_flow")})) == []


SETUP = "async def async_setup(hass, config): ..."
DISCOVERED = "class Flow:\n    async def async_step_integration_discovery(self, info):\n        "


@pytest.mark.parametrize(
    ("sources", "fault"),
    [
        ({"__init__": SETUP}, ["does not say what it takes from YAML"]),
        ({"__init__": f"CONFIG_SCHEMA = None\n{SETUP}"}, []),
        ({"__init__": f"from cv import EMPTY as CONFIG_SCHEMA\n{SETUP}"}, []),
        ({"config_flow": f"{DISCOVERED}..."}, ["is discovered again and again"]),
        ({"config_flow": f"{DISCOVERED}await self.async_set_unique_id(info)"}, []),
    ],
)
def test_what_is_refused(sources: dict[str, str], fault: list[str]) -> None:
    assert list(faults({"__init__": "", "config_flow": "", **sources})) == fault
