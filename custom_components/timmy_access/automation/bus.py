"""Moments outside of their terminal.

They are events on Home Assistant's bus, for automations that listen to events and for the logbook, and a signal for
triggers, which outlive the terminals they hear of.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.signal_type import SignalType

from ..const import DOMAIN
from ..hub.hub import Hub
from ..hub.terminal import Terminal
from ..terminal.moments import (
    CaughtUp,
    CodeMoment,
    DoorMoment,
    EmergencyMoment,
    EnrolmentMoment,
    HoldMoment,
    LastLeft,
    Moment,
    Punch,
    PunchPhoto,
)
from .activity import async_fire_activity
from .event_data import caught_up_facts, code_facts, emergency_facts, enrolment_facts, hold_facts

EVENT: Final = f"{DOMAIN}_event"

ATTR_ENROLL_ID: Final = "enroll_id"
ATTR_KIND: Final = "kind"
ATTR_OCCURRED_AT: Final = "occurred_at"
ATTR_PERSON: Final = "person"
ATTR_READER: Final = "reader"
ATTR_TYPE: Final = "type"


def _punch(punch: Punch) -> Mapping[str, Any]:
    return {
        ATTR_ENROLL_ID: punch.enroll_id,
        "granted": punch.granted,
        ATTR_PERSON: punch.person,
        "person_entity_id": punch.person_entity_id,
        ATTR_READER: punch.reader,
    }


# What the event of each sort of moment is called, and what is in it besides the terminal, the kind and the time.
_TYPES: Mapping[type[Moment], tuple[str, Callable[[Any], Mapping[str, Any]]]] = {
    CaughtUp: ("records", caught_up_facts),
    CodeMoment: ("code", code_facts),
    DoorMoment: ("door", lambda _: {}),
    EmergencyMoment: ("emergency", emergency_facts),
    EnrolmentMoment: ("enrolment", enrolment_facts),
    HoldMoment: ("hold", hold_facts),
    Punch: ("access", _punch),
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """A moment and the terminal it is of. No photo ever is told.

    `groups` are the access groups of whom it is about, who may pass; `barred` is why they may not pass as the house has
    it, in a word of `passes.Refused`, whatever the terminal did.
    """

    barred: str | None = None
    device_id: str
    groups: tuple[str, ...] = ()
    moment: Moment
    terminal: str


SIGNAL_TOLD: SignalType[Told] = SignalType(f"{DOMAIN}_told")


@callback
def async_fire_moments(hass: HomeAssistant, hub: Hub) -> CALLBACK_TYPE:
    """Tell of each moment of each terminal of a listener; of new terminals until the returned function is called."""
    heard: set[str] = set()

    @callback
    def _async_hear(terminal: Terminal) -> None:
        if terminal.subentry_id not in heard:
            heard.add(terminal.subentry_id)
            terminal.moments.async_subscribe(partial(_async_fire, hass, terminal))

    return hub.async_subscribe_terminals(_async_hear)


@callback
def _async_fire(hass: HomeAssistant, terminal: Terminal, moment: Moment) -> None:
    if not isinstance(moment, PunchPhoto):
        async_dispatcher_send(hass, SIGNAL_TOLD, _told(terminal, moment))
    if (found := _TYPES.get(type(moment))) is None:
        return
    kind, more = found
    hass.bus.async_fire(
        EVENT,
        {
            ATTR_DEVICE_ID: terminal.device_id,
            ATTR_KIND: moment.kind.value,  # type: ignore[union-attr]  # all of the table have one
            ATTR_NAME: terminal.name,
            ATTR_OCCURRED_AT: moment.occurred_at.isoformat(),
            ATTR_TYPE: kind,
            **more(moment),
        },
    )
    async_fire_activity(hass, terminal, moment)


def _told(terminal: Terminal, moment: Moment) -> Told:
    told = Told(device_id=terminal.device_id, moment=moment, terminal=terminal.name)
    punch = moment.punch if isinstance(moment, CodeMoment | LastLeft) else moment
    if not isinstance(punch, Punch) or punch.person is None:
        return told
    return replace(
        told,
        barred=terminal.house_rules.no_passage(punch.enroll_id),
        groups=terminal.house_rules.groups_of(punch.enroll_id, punch.name),
    )
