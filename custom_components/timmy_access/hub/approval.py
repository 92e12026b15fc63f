"""Somebody approves a terminal that waits, as a new one or in the place of another: what they were shown, or nobody."""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
import json
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import ATTR_AREA_ID, CONF_MODEL, CONF_NAME
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_DOORS, CONF_HOLD_OPEN, CONF_NETWORK, CONF_SERIAL, MAX_DOORS, SUBENTRY_TERMINAL
from ..protocol.networks import Networks, parse_network
from .hub import Hub
from .identity import async_is_approved, facts_data
from .pending import PendingTerminal

# Tells one who waits from another, and from itself when it says something else; few wait at a time.
MARK_DIGITS = 16


class NotApproved(StrEnum):
    """Why who waits cannot be approved now; each is a text of the dialogs and of the panel."""

    ALREADY = "already_configured"
    DATABASE = "database_away"
    NETWORK = "network_of_the_old"
    WAITS_NO_MORE = "waits_no_more"


def mark_of(waiting: PendingTerminal) -> str:
    """Return what stands for all that somebody who waits says, and from where: they are approved as that alone."""
    facts = (waiting.serial, waiting.model, waiting.address, waiting.facts.cpu_serial, waiting.facts.mac)
    return sha256(json.dumps(facts).encode()).hexdigest()[:MARK_DIGITS]


def probable_doors(waiting: PendingTerminal) -> int:
    """Return how many doors an unknown terminal probably has; access controllers have four (specification B19)."""
    return MAX_DOORS if waiting.model.lower().startswith(("ac", "controller")) else 1


def subentry_data(serial: str, user_input: Mapping[str, Any], waiting: PendingTerminal | None) -> dict[str, Any]:
    """Return what is kept of a new terminal; what it tells of its hardware while it waits is pinned."""
    data = {CONF_SERIAL: serial, CONF_DOORS: user_input[CONF_DOORS], CONF_HOLD_OPEN: False}
    if area_id := user_input.get(ATTR_AREA_ID):
        data[ATTR_AREA_ID] = area_id
    if waiting is not None:
        data |= {CONF_MODEL: waiting.model, **facts_data(waiting.facts)}
    return data


@callback
def async_approve(
    hass: HomeAssistant, entry: ConfigEntry, waiting: PendingTerminal, user_input: Mapping[str, Any]
) -> None:
    """Make who waits a terminal of a listener, with the name, doors and area that somebody has entered."""
    hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            data=MappingProxyType(subentry_data(waiting.serial, user_input, waiting)),
            subentry_type=SUBENTRY_TERMINAL,
            title=user_input[CONF_NAME],
            unique_id=waiting.serial,
        ),
    )


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
