"""A dashboard without YAML: what the panel's button has Home Assistant save, and what it leaves to the owner.

The browser saves it by Home Assistant's own commands, as the administrator who pressed the button: there is no other
interface for it. What was written is remembered in the dashboard itself, as a mark of each section: one that still has
its mark is brought up to date, or goes when its terminal has gone. One that has not, or is not there any more, is the
owner's, and is neither changed nor written again.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import sha256
import json
from typing import Any

import voluptuous as vol

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import DOMAIN
from .board import sections, text_of
from .command import PanelCommand
from .request import PanelRequest

ATTR_PRESENT = "present"
URL_PATH = "timmy-access-doors"
VIEW_PATH = "doors"
ICON = "mdi:door"
# So much of the hash tells two sections of one dashboard apart.
HASH_DIGITS = 16
# Cards in cards go as deep as somebody arranges them; Home Assistant answers with nothing of more than 254.
MAX_DEPTH = 100


async def _dashboard(request: PanelRequest) -> JsonValueType:
    """Return the configuration to save, made of what is there at `present`, None for nothing.

    `dashboard` are the fields by which it is created; `kept` is how many sections were left to the owner.
    """
    texts = await async_get_translations(request.hass, request.hass.config.language, "config_panel", {DOMAIN})
    say = partial(text_of, texts)
    made = sections(request.hass, request.entry, say)
    config, kept = brought_up_to_date(request.data[ATTR_PRESENT], request.entry.entry_id, made, say("title"))
    return {
        "dashboard": {
            "url_path": URL_PATH,
            "title": say("title"),
            "icon": ICON,
            "require_admin": False,
            "show_in_sidebar": True,
        },
        "config": config,
        "kept": kept,
    }


def brought_up_to_date(
    present: Mapping[str, Any] | None, listener: str, made: Mapping[str, JsonObjectType], title: str
) -> tuple[JsonObjectType, int]:
    """Return a dashboard with the sections of a listener as they are now, and how many of them the owner has.

    Raises a translated error for a dashboard that is not made of views, whoever has put it there.
    """
    if _is_deeper_than(MAX_DEPTH, present):
        raise _no_views()
    config: dict[str, Any] = {"title": title, "views": []} if present is None else json.loads(json.dumps(present))
    views, marks = config.get("views"), config.get(DOMAIN, {})
    if not isinstance(views, list) or not all(isinstance(view, dict) for view in views) or not isinstance(marks, dict):
        raise _no_views()
    of_listener = marks.get(listener)
    before: dict[str, str] = dict(of_listener) if isinstance(of_listener, dict) else {}
    key_of = {mark: key for key, mark in before.items()}
    found: set[str] = set()
    for view, present_sections in _sections(views):
        kept: list[Any] = []
        for section in present_sections:
            key = key_of.get(mark_of(section))
            if key is None or key in found:
                kept.append(section)
                continue
            found.add(key)
            if key in made:
                kept.append(made[key])
        view["sections"] = kept
    new = [section for key, section in made.items() if key not in before]
    if new:
        _view_for(views, title)["sections"] += new
    owned = before.keys() - found
    after = {key: before[key] if key in owned else mark_of(section) for key, section in made.items()}
    after |= {key: before[key] for key in owned}
    config[DOMAIN] = {**marks, listener: after}
    return config, len(owned)


def _no_views() -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key="dashboard_not_made_of_views")


def _is_deeper_than(most: int, data: object) -> bool:
    level = [data]
    for _ in range(most):
        level = [
            inside
            for one in level
            if isinstance(one, dict | list)
            for inside in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def mark_of(section: object) -> str:
    """Return what tells whether a section is still as it was written."""
    return sha256(json.dumps(section, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:HASH_DIGITS]


def _sections(views: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    for view in views:
        if isinstance(present := view.get("sections"), list):
            yield view, present


def _view_for(views: list[dict[str, Any]], title: str) -> dict[str, Any]:
    """Return the view for new sections: the one that was made for them, wherever it is now, or a new one."""
    for view, _ in _sections(views):
        if view.get("path") == VIEW_PATH:
            return view
    view = {"title": title, "path": VIEW_PATH, "icon": ICON, "type": "sections", "max_columns": 3, "sections": []}
    views.append(view)
    return view


COMMANDS = (
    PanelCommand(
        name="dashboard",
        handler=_dashboard,
        fields={vol.Required(ATTR_PRESENT): vol.Any(None, dict)},
    ),
)
