"""Somebody approves a terminal that waits, as a new one or in the place of another: what they were shown, or nobody."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
import json
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import ATTR_AREA_ID, CONF_MODEL, CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import (
    CONF_DOOR_NAMES,
    CONF_DOORS,
    CONF_HOLD_OPEN,
    CONF_KEEP_IN_STEP,
    CONF_NETWORK,
    CONF_SERIAL,
    DOMAIN,
    MAX_DOORS,
    SUBENTRY_TERMINAL,
)
from ..ledger import likeness
from ..protocol.networks import Networks, parse_network
from ..protocol.peer import is_printable
from ..terminal.devices import door_identifier
from .hub import Hub
from .identity import async_is_approved, facts_data
from .pending import PendingTerminal

# A device with a longer name is not read on a card.
MAX_NAME = 64
# Tells one who waits from another, and from itself when it says something else; few wait at a time.
MARK_DIGITS = 16


class NotApproved(StrEnum):
    """Why who waits cannot be approved now; each is a text of the dialogs and of the panel."""

    ALREADY = "already_configured"
    DATABASE = "database_away"
    NAME = "name_in_use"
    NETWORK = "network_of_the_old"
    WAITS_NO_MORE = "waits_no_more"


def mark_of(waiting: PendingTerminal) -> str:
    """Return what stands for all that somebody who waits says, and from where: they are approved as that alone."""
    facts = (waiting.serial, waiting.model, waiting.address, waiting.facts.cpu_serial, waiting.facts.mac)
    return sha256(json.dumps(facts).encode()).hexdigest()[:MARK_DIGITS]


def probable_doors(waiting: PendingTerminal) -> int:
    """Return how many doors an unknown terminal probably has; access controllers have four (specification B19)."""
    return MAX_DOORS if waiting.model.lower().startswith(("ac", "controller")) else 1


def is_name(text: str) -> bool:
    """Return whether a terminal or a door can be called so: it can be read, and is not too long for that."""
    return 0 < len(text.strip()) <= MAX_NAME and is_printable(text.strip())


@callback
def async_is_name_taken(hass: HomeAssistant, name: str, serial: str | None = None) -> bool:
    """Return whether a terminal or a door has a name already, of any listener; `serial` is the terminal that may."""
    return likeness(name) in async_names_taken(hass, serial)


@callback
def async_names_taken(hass: HomeAssistant, serial: str | None = None) -> set[str]:
    """Return what terminals and their doors are called, by likeness, but for the terminal `serial`.

    Doors that nobody has named do not count: they are *Door 1* of every controller.
    """
    devices = dr.async_get(hass)
    taken: set[str] = set()
    for entry in hass.config_entries.async_entries(DOMAIN):
        for subentry in entry.subentries.values():
            if subentry.unique_id is None or subentry.unique_id == serial:
                continue
            taken.add(likeness(subentry.title))
            for door in range(1, MAX_DOORS + 1):
                identifier = door_identifier(subentry.unique_id, door)
                device = devices.async_get_child_device_by_identifier(identifier, entry.entry_id)
                if device is not None and device.name_by_user:
                    taken.add(likeness(device.name_by_user))
    return taken


def may_be_kept(hub: Hub, waiting: PendingTerminal | None) -> bool:
    """Return whether it is asked if a new terminal is kept in step: there is a house, and it says nobody is on it."""
    return waiting is not None and waiting.people == 0 and bool(hub.house.household.people)


def subentry_data(
    serial: str,
    user_input: Mapping[str, Any],
    waiting: PendingTerminal | None,
    names: Sequence[str] = (),
    *,
    by: str | None = None,
) -> dict[str, Any]:
    """Return what is kept of a new terminal; what it tells of its hardware while it waits is pinned.

    `names` are those of its doors, from the first on; empty where a door, or all, have none. `by` is the id of the user
    who approves it, None where that is not known.
    """
    data = {CONF_SERIAL: serial, CONF_DOORS: user_input[CONF_DOORS], CONF_HOLD_OPEN: False}
    if any(names):
        data[CONF_DOOR_NAMES] = list(names)
    if area_id := user_input.get(ATTR_AREA_ID):
        data[ATTR_AREA_ID] = area_id
    if user_input.get(CONF_KEEP_IN_STEP):
        data[CONF_KEEP_IN_STEP] = by or ""
    if waiting is not None:
        data |= {CONF_MODEL: waiting.model, **facts_data(waiting.facts)}
    return data


@callback
def async_approve(
    hass: HomeAssistant,
    entry: ConfigEntry,
    waiting: PendingTerminal,
    user_input: Mapping[str, Any],
    names: Sequence[str] = (),
    *,
    by: str | None = None,
) -> None:
    """Make who waits a terminal of a listener, with the name, doors and area that somebody has entered (`by`)."""
    hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            data=MappingProxyType(subentry_data(waiting.serial, user_input, waiting, names, by=by)),
            subentry_type=SUBENTRY_TERMINAL,
            title=user_input[CONF_NAME].strip(),
            unique_id=waiting.serial,
        ),
    )


@callback
def async_name_error(hass: HomeAssistant, name: str, serial: str | None = None) -> str | None:
    """Return why a terminal cannot be called so, as an error of the dialogs; `serial` is the one that may."""
    if not is_name(name):
        return "invalid_name"
    return "name_in_use" if async_is_name_taken(hass, name, serial) else None


@callback
def async_why_not(hass: HomeAssistant, hub: Hub, waiting: PendingTerminal) -> NotApproved | None:
    """Return why who waited cannot be approved; None where nothing is in the way."""
    if async_is_approved(hass, waiting.serial):
        return NotApproved.ALREADY
    return None if waiting in hub.pending.async_waiting() else NotApproved.WAITS_NO_MORE


@callback
def async_why_not_instead(
    hass: HomeAssistant, hub: Hub, old: ConfigSubentry, serial: str, waiting: PendingTerminal
) -> NotApproved | None:
    """Return why who waited cannot take the place of a terminal, whose serial number was `serial` when it was shown."""
    if (why_not := async_why_not(hass, hub, waiting)) is not None:
        return why_not
    if serial not in hub.terminals:
        return NotApproved.WAITS_NO_MORE
    network = old.data.get(CONF_NETWORK)
    if network and not Networks((parse_network(network),)).admits(waiting.address):
        return NotApproved.NETWORK
    return None if hub.ledger.health.available else NotApproved.DATABASE
