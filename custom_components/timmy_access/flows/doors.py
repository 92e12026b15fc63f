"""What dialogs ask about the doors of a terminal: how many, and what each is called."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import TextSelector
from homeassistant.helpers.translation import async_get_translations

from ..const import CONF_DOORS, DOMAIN
from ..hub.approval import async_names_taken, is_name, probable_doors
from ..hub.pending import PendingTerminal
from ..issues import as_placeholders
from ..ledger import likeness

# What a terminal that does not tell its model waits under (`hub.pending`).
_NO_MODEL = "?"


def suggested_for(terminal: PendingTerminal) -> dict[str, Any]:
    """Return what an unknown terminal probably is."""
    return {CONF_NAME: terminal.model, CONF_DOORS: probable_doors(terminal)}


async def async_assumed(hass: HomeAssistant, terminal: PendingTerminal | None) -> str:
    """Return in a sentence what was assumed about the doors of a terminal, and why; nothing where nobody waits."""
    if terminal is None:
        return ""
    doors = probable_doors(terminal)
    known = "controller" if doors > 1 else "unknown" if terminal.model == _NO_MODEL else "one"
    texts = await async_get_translations(hass, hass.config.language, "common", {DOMAIN})
    facts = {"doors": str(doors), "model": terminal.model, "serial": terminal.serial}
    return texts.get(f"component.{DOMAIN}.common.assumed_{known}", "").format_map(as_placeholders(facts))


def door_fields(doors: int) -> vol.Schema:
    """Return the questions what each door is called; whoever has no names for them leaves them empty."""
    return vol.Schema({vol.Optional(f"door_{door}"): TextSelector() for door in range(1, doors + 1)})


def door_names(user_input: Mapping[str, str], doors: int) -> list[str]:
    """Return what doors are called, from the first to the last; those without a name are empty."""
    return [user_input.get(f"door_{door}", "").strip() for door in range(1, doors + 1)]


@callback
def async_door_errors(hass: HomeAssistant, terminal: str, names: list[str]) -> dict[str, str]:
    """Return which doors of a new terminal have a name that something else has, or one that is none, as errors."""
    counted = Counter(likeness(name) for name in names if name)
    taken = {likeness(terminal), *async_names_taken(hass)} if counted else set()
    unfit = {f"door_{door}": "invalid_name" for door, name in enumerate(names, 1) if name and not is_name(name)}
    used = {f"door_{door}": "name_in_use" for door, name in enumerate(names, 1) if likeness(name) in taken}
    return (
        unfit
        | used
        | {
            f"door_{door}": "door_name_twice"
            for door, name in enumerate(names, 1)
            if name and counted[likeness(name)] > 1 and likeness(name) in map(likeness, names[: door - 1])
        }
    )
