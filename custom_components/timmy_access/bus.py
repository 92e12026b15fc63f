"""Moments on Home Assistant's event bus, for the logbook and for automations that listen to events."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .const import DOMAIN
from .moments import CaughtUp, CodeMoment, DoorMoment, EnrolmentMoment, Moment, Moments, Punch, code_facts

EVENT: Final = f"{DOMAIN}_event"

ATTR_ENROLL_ID: Final = "enroll_id"
ATTR_KIND: Final = "kind"
ATTR_OCCURRED_AT: Final = "occurred_at"
ATTR_PERSON: Final = "person"
ATTR_READER: Final = "reader"
ATTR_TYPE: Final = "type"


def _punch(punch: Punch) -> dict[str, Any]:
    return {ATTR_ENROLL_ID: punch.enroll_id, ATTR_PERSON: punch.person, ATTR_READER: punch.reader}


def _enrolment(moment: EnrolmentMoment) -> dict[str, Any]:
    return {
        "credential": moment.credential,
        ATTR_ENROLL_ID: moment.enroll_id,
        ATTR_PERSON: moment.person,
        "reason": moment.reason,
    }


def _caught_up(moment: CaughtUp) -> dict[str, Any]:
    return {"records": moment.records, "since": moment.since.isoformat(), "until": moment.until.isoformat()}


# What the event of each sort of moment is called, and what is in it besides the terminal, the kind and the time.
_TYPES: Mapping[type[Moment], tuple[str, Callable[[Any], dict[str, Any]]]] = {
    CaughtUp: ("records", _caught_up),
    CodeMoment: ("code", lambda moment: dict(code_facts(moment))),
    DoorMoment: ("door", lambda _: {}),
    EnrolmentMoment: ("enrolment", _enrolment),
    Punch: ("access", _punch),
}


@callback
def async_fire_moments(hass: HomeAssistant, moments: Moments, device_id: str, name: Callable[[], str]) -> CALLBACK_TYPE:
    """Fire an event for each moment of a terminal until the returned function is called."""

    @callback
    def _async_fire(moment: Moment) -> None:
        if (found := _TYPES.get(type(moment))) is None:
            return
        kind, more = found
        hass.bus.async_fire(
            EVENT,
            {
                ATTR_DEVICE_ID: device_id,
                ATTR_KIND: moment.kind.value,  # type: ignore[union-attr]  # all of the table have one
                ATTR_NAME: name(),
                ATTR_OCCURRED_AT: moment.occurred_at.isoformat(),
                ATTR_TYPE: kind,
                **more(moment),
            },
        )

    return moments.async_subscribe(_async_fire)
