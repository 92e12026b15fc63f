"""The files that are judged, and what a schema says against one."""

from collections.abc import Iterator
import json
from typing import Any

import voluptuous as vol

from scripts.home import REPOSITORY

INTEGRATION = REPOSITORY / "custom_components" / "timmy_access"
LANGUAGES = sorted(path.stem for path in (INTEGRATION / "translations").glob("*.json"))


def read(text: str) -> dict[str, Any]:
    """Return a JSON object; raises ValueError where a key stands twice, of which JSON would keep the last."""
    found: dict[str, Any] = json.loads(text, object_pairs_hook=_once)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a key twice in {[key for key, _ in pairs]}")
    return found


def texts_in(language: str) -> dict[str, Any]:
    """Return the texts of a language, as they lie in their file."""
    return read((INTEGRATION / "translations" / f"{language}.json").read_text())


MANIFEST = read((INTEGRATION / "manifest.json").read_text())
ICONS = read((INTEGRATION / "icons.json").read_text())
HACS = read((REPOSITORY / "hacs.json").read_text())
TEXTS = texts_in("en")


def complaints(schema: vol.Schema, data: Any) -> list[str]:
    """Return what a schema has against data, as texts; nothing if all is well."""
    try:
        schema(data)
    except vol.MultipleInvalid as err:
        return [str(single) for single in err.errors]
    return []


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what is no dictionary, with its path, in the order of the file."""
    if not isinstance(node, dict):
        yield path, node
        return
    for key, value in node.items():
        yield from leaves(value, f"{path}/{key}")
