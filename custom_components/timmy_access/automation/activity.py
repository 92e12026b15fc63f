"""What a moment is in Home Assistant's Activity: one line that says who did what, at most.

A line is an event of its own, so that everything that is no line stays an event for automations: whatever is described
to the logbook makes a line, always. What the state of an entity tells already makes a line by itself, which nothing can
silence, and gets no second one. A line is the lock's where the terminal has one door, and the terminal's otherwise.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_NAME, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..hub.terminal import Terminal
from ..terminal.moments import (
    AccessKind,
    CaughtUp,
    CodeKind,
    CodeMoment,
    CodeSource,
    DoorKind,
    DoorMoment,
    EmergencyKind,
    EmergencyMoment,
    EnrolmentKind,
    EnrolmentMoment,
    HoldKind,
    HoldMoment,
    Moment,
    Punch,
)
from ..terminal.state import DoorPhase

EVENT_ACTIVITY: Final = f"{DOMAIN}_activity"

ATTR_ENROLL_ID: Final = "enroll_id"
ATTR_HOW: Final = "how"
ATTR_ICON: Final = "icon"
ATTR_PERSON: Final = "person"
ATTR_RECORDS: Final = "records"
ATTR_TEXT: Final = "text"
ATTR_UNTIL: Final = "until"
ATTR_WHY: Final = "why"

_PERSON_ICON: Final = "mdi:account-key"

# Which entity's state makes the line about what happened to a door; each is the end of a unique ID.
_SHOWN_BY: Mapping[DoorKind, tuple[Platform, str]] = {
    DoorKind.ALARM: (Platform.BINARY_SENSOR, "alarm"),
    DoorKind.CLOSED: (Platform.BINARY_SENSOR, "door"),
    DoorKind.CLOSED_BY_SOFTWARE: (Platform.LOCK, "door1_lock"),
    DoorKind.OPENED: (Platform.BINARY_SENSOR, "door"),
    DoorKind.TAMPER: (Platform.BINARY_SENSOR, "tamper"),
}
# Doors that a lock shows as released, by what was asked for here.
_RELEASED = frozenset({DoorPhase.HELD_OPEN, DoorPhase.OPEN, DoorPhase.OPENING})
# What became of a code; a question is told by its answer.
_CODES: Mapping[CodeKind, str] = {
    CodeKind.FAILED: "failed",
    CodeKind.GRANTED: "entered",
    CodeKind.REFUSED: "refused",
}
# Who asked for a recording knows that it has begun, and whoever called it off that it has ended.
_ENROLMENTS: Mapping[EnrolmentKind, str] = {
    EnrolmentKind.ENROLLED: "enrolled",
    EnrolmentKind.FAILED: "not_enrolled",
}


@callback
def async_fire_activity(hass: HomeAssistant, terminal: Terminal, moment: Moment) -> None:
    """Fire the line of a moment, if it makes one."""
    line_of = _LINES.get(type(moment))
    if line_of is None or (line := line_of(hass, terminal, moment)) is None:
        return
    lock = _shown_entity(hass, terminal, Platform.LOCK, "door1_lock")
    is_locks = lock is not None and len(terminal.coordinator.data.doors) == 1
    hass.bus.async_fire(
        EVENT_ACTIVITY,
        {
            ATTR_DEVICE_ID: terminal.device_id,
            **({ATTR_ENTITY_ID: lock} if is_locks else {}),
            ATTR_NAME: terminal.name,
            **line,
        },
    )


def _punch(_: HomeAssistant, terminal: Terminal, punch: Punch) -> Mapping[str, Any]:
    if punch.asked:
        text = {None: "unanswered", False: "refused", True: "entered"}[punch.granted]
    elif punch.person is not None:
        text = "entered"
    else:
        settings = terminal.coordinator.data.settings
        lets_in = settings is not None and settings.open_for_strangers
        text = "unrecognised" if lets_in else "refused"
    return {
        ATTR_ENROLL_ID: None if punch.person is None else punch.enroll_id,
        ATTR_HOW: None if punch.method is AccessKind.OTHER else punch.method.value,
        ATTR_ICON: _PERSON_ICON,
        ATTR_PERSON: punch.person if punch.is_named else None,
        ATTR_TEXT: text,
    }


def _code(_: HomeAssistant, __: Terminal, moment: CodeMoment) -> Mapping[str, Any] | None:
    """Return what became of a code; of a punch that was asked about, the punch tells."""
    if moment.kind is CodeKind.BLOCKED:
        return {ATTR_ICON: "mdi:shield-lock-outline", ATTR_TEXT: "blocked"}
    text = _CODES.get(moment.kind)
    if text is None or moment.source is CodeSource.PUNCH:
        return None
    return {
        ATTR_ENROLL_ID: moment.enroll_id,
        ATTR_HOW: moment.source.value,
        ATTR_ICON: "mdi:qrcode-scan",
        ATTR_PERSON: moment.person or moment.pass_name,
        ATTR_TEXT: text,
        ATTR_WHY: moment.reason,
    }


def _door(hass: HomeAssistant, terminal: Terminal, moment: DoorMoment) -> Mapping[str, Any] | None:
    shown_by = _SHOWN_BY.get(moment.kind)
    if shown_by is not None and _shown_entity(hass, terminal, *shown_by) is not None:
        return None
    phases = {door.phase for door in terminal.coordinator.data.doors.values()}
    if moment.kind is DoorKind.OPENED_BY_SOFTWARE and phases & _RELEASED:
        return None
    return {ATTR_ICON: "mdi:door", ATTR_TEXT: moment.kind.value}


def _enrolment(_: HomeAssistant, __: Terminal, moment: EnrolmentMoment) -> Mapping[str, Any] | None:
    if (text := _ENROLMENTS.get(moment.kind)) is None:
        return None
    return {
        ATTR_ENROLL_ID: moment.enroll_id,
        ATTR_ICON: "mdi:account-plus-outline",
        ATTR_PERSON: moment.person,
        ATTR_TEXT: text,
    }


def _emergency(_: HomeAssistant, __: Terminal, moment: EmergencyMoment) -> Mapping[str, Any]:
    ended = moment.kind is EmergencyKind.ENDED
    return {ATTR_ICON: "mdi:shield-lock", ATTR_TEXT: "emergency_ended" if ended else moment.kind.value}


def _hold(_: HomeAssistant, __: Terminal, moment: HoldMoment) -> Mapping[str, Any] | None:
    """Return that a door is held, or no longer; what takes the place of a hold tells that itself."""
    if moment.kind is HoldKind.REPLACED:
        return None
    return {
        ATTR_ICON: "mdi:timer-lock",
        ATTR_TEXT: moment.mode if moment.kind is HoldKind.HELD else "hold_ended",
        ATTR_UNTIL: moment.until.isoformat(),
    }


def _caught_up(_: HomeAssistant, __: Terminal, moment: CaughtUp) -> Mapping[str, Any]:
    return {ATTR_ICON: "mdi:database-clock", ATTR_RECORDS: moment.records, ATTR_TEXT: moment.kind.value}


_LINES: Mapping[type[Moment], Callable[[HomeAssistant, Terminal, Any], Mapping[str, Any] | None]] = {
    CaughtUp: _caught_up,
    CodeMoment: _code,
    DoorMoment: _door,
    EmergencyMoment: _emergency,
    EnrolmentMoment: _enrolment,
    HoldMoment: _hold,
    Punch: _punch,
}


def _shown_entity(hass: HomeAssistant, terminal: Terminal, platform: Platform, key: str) -> str | None:
    """Return an entity of a terminal by the end of its unique ID; None where nobody has it switched on."""
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(platform, DOMAIN, f"{terminal.serial}_{key}")
    entity = registry.async_get(entity_id) if entity_id is not None else None
    return None if entity is None or entity.disabled else entity.entity_id
