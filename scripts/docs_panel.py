"""Writes what a browser may ask of the panel's side in Home Assistant, from the commands themselves."""

from collections.abc import Iterable
import inspect
from typing import Any

import homeassistant.helpers.config_validation  # noqa: F401  # isort: skip - it puts its own engine in voluptuous' place
import voluptuous as vol

from custom_components.timmy_access.panel.api import COMMANDS
from custom_components.timmy_access.panel.command import PanelCommand
from custom_components.timmy_access.panel.feed import PanelFeed
from custom_components.timmy_access.panel.request import type_of

HEAD = """\
# What the panel asks

Written by `scripts/docs` from `custom_components/timmy_access/panel/`.

Messages of Home Assistant's WebSocket interface. All are for administrators; others get `unauthorized`. Each takes
`config_entry_id`, which listener is meant, and need not where there is only one; its fields are in `data`. Errors
carry `translation_key` and `translation_placeholders`, of which `field` names what was wrong. Nothing that was typed
is logged.

A *question* is answered once. A *feed* tells how things stand and then what changes, until it is unsubscribed; its
last message is `{"away": true}` when the listener is unloaded. This is for the panel of the same release, and changes
with it.

`timmy_access/panel/version` tells the `version` of the panel's file, and the `listeners` there are with the
serial numbers of their terminals.
"""


def panel_api() -> str:
    """Return the page of all commands with their fields."""
    return HEAD + "".join(map(_section, COMMANDS))


def _section(command: PanelCommand | PanelFeed) -> str:
    handler = command.start if isinstance(command, PanelFeed) else command.handler
    kind = "feed" if isinstance(command, PanelFeed) else "question"
    about = (inspect.getdoc(handler) or "").split("\n\n", maxsplit=1)[0].replace("\n", " ")
    return f"\n## `{type_of(command.name)}`\n\nA {kind}. {about}\n{_fields(command.fields.items())}"


def _fields(fields: Iterable[tuple[vol.Marker, Any]]) -> str:
    lines = [
        f"| `{marker.schema}` | {'yes' if isinstance(marker, vol.Required) else ''} |"
        for marker, _ in sorted(fields, key=lambda it: str(it[0].schema))
    ]
    return "\n".join(["", "| Field | Required |", "|---|---|", *lines, ""]) if lines else ""
