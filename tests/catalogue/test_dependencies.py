"""The manifest names every integration of Home Assistant that the code uses, and no other."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

import pytest

from homeassistant import components
from homeassistant.const import Platform

from .repository import INTEGRATION, MANIFEST

COMPONENTS = Path(components.__file__).parent
PREFIX = "homeassistant.components."
# What may be imported without a word: the bases of entities, and what every Home Assistant sets up by itself.
ALWAYS = {
    *Platform,
    "automation",
    "device_automation",
    "frontend",
    "group",
    "homeassistant",
    "media_source",
    "persistent_notification",
    "person",
    "script",
    "sun",
    "system_health",
    "webhook",
    "websocket_api",
    "zone",
}
# Attributes of `hass` that are another integration's; hassfest does not look at these.
ATTRIBUTES = {"http"}


class Uses(ast.NodeVisitor):
    """The integrations that a module uses when it runs."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        """Pass over what is only for type checkers."""
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        """Note `import homeassistant.components.x`."""
        self.found |= {alias.name.split(".")[2] for alias in node.names if alias.name.startswith(PREFIX)}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Note `from homeassistant.components.x import y` and `from homeassistant.components import x`."""
        if node.level or node.module is None:
            return
        if node.module.startswith(PREFIX):
            self.found.add(node.module.split(".")[2])
        elif f"{node.module}." == PREFIX:
            self.found |= {alias.name for alias in node.names}

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Note `hass.x`, also of `self`."""
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if node.attr in ATTRIBUTES and owner.lstrip("_") == "hass":
            self.found.add(node.attr)
        self.generic_visit(node)


def uses(source: str) -> set[str]:
    """Return the integrations that a source uses."""
    visitor = Uses()
    visitor.visit(ast.parse(source))
    return visitor.found


def faults(sources: Mapping[str, str], manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a manifest, given all sources by their paths in the folder of the integration."""
    first, after = manifest.get("dependencies", []), manifest.get("after_dependencies", [])
    platforms = {PurePath(path).parts[0].removesuffix(".py") for path in sources}
    used: set[str] = set()
    for path, source in sources.items():
        found = uses(source) - {manifest["domain"]}
        used |= found
        # A file that is a platform of another integration is only loaded by that one.
        own = {PurePath(path).parts[0].removesuffix(".py")}
        yield from (
            f"{path} uses {domain}, which the manifest does not name"
            for domain in sorted(found - ALWAYS - own - {*first, *after})
        )
    for domain in (*first, *after):
        if domain in first and domain in after:
            yield f"{domain} is named twice"
        if not (COMPONENTS / domain / "manifest.json").is_file():
            yield f"Home Assistant has no {domain}"
        if domain not in used | platforms:
            yield f"nothing uses {domain}"


def sources_in_integration() -> dict[str, str]:
    return {str(path.relative_to(INTEGRATION)): path.read_text() for path in INTEGRATION.rglob("*.py")}


def test_the_manifest_names_what_is_used() -> None:
    assert list(faults(sources_in_integration(), MANIFEST)) == []


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("import homeassistant.components.recorder.statistics", {"recorder"}),
        ("from homeassistant.components.network import async_get_source_ip", {"network"}),
        ("from homeassistant.components import camera, image", {"camera", "image"}),
        ("from homeassistant.components.http.auth import async_sign_path", {"http"}),
        ("def load():\n    from homeassistant.components import bluetooth", {"bluetooth"}),
        ("hass.http.register_view(View())", {"http"}),
        ("self._hass.http.async_register_static_paths([])", {"http"}),
        ("if TYPE_CHECKING:\n    from homeassistant.components.dhcp import DhcpServiceInfo", set()),
        ("from .http import Answer\nself.session.http", set()),
        ("from homeassistant.helpers import llm", set()),
    ],
)
def test_what_counts_as_use(source: str, used: set[str]) -> None:
    assert uses(source) == used


RECORDER = "from homeassistant.components.recorder import get_instance"


@pytest.mark.parametrize(
    ("sources", "manifest", "fault"),
    [
        ({"statistics.py": RECORDER}, {}, "statistics.py uses recorder, which the manifest does not name"),
        ({"ledger/rows.py": RECORDER}, {}, "ledger/rows.py uses recorder, which the manifest does not name"),
        ({"statistics.py": RECORDER}, {"after_dependencies": ["recorder"]}, None),
        ({"statistics.py": RECORDER}, {"dependencies": ["recorder"]}, None),
        ({"recorder.py": RECORDER}, {}, None),
        ({"lock.py": "from homeassistant.components.lock import LockEntity"}, {}, None),
        ({"hub.py": ""}, {"dependencies": ["recorder"]}, "nothing uses recorder"),
        ({"logbook.py": ""}, {"after_dependencies": ["logbook"]}, None),
        (
            {"locks.py": "import homeassistant.components.locks"},
            {"dependencies": ["locks"]},
            "Home Assistant has no locks",
        ),
    ],
)
def test_what_is_refused(sources: dict[str, str], manifest: dict[str, list[str]], fault: str | None) -> None:
    assert list(faults(sources, {"domain": "ours", **manifest})) == ([] if fault is None else [fault])


def test_an_integration_is_named_once() -> None:
    twice = {"domain": "ours", "dependencies": ["recorder"], "after_dependencies": ["recorder"]}
    assert set(faults({"statistics.py": RECORDER}, twice)) == {"recorder is named twice"}
