"""One ladder from what a terminal did to what a person reads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from homeassistant.const import ATTR_CODE
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .ledger import LedgerInvalid, LedgerUnavailable
from .protocol.errors import (
    CommandInvalid,
    CommandRefused,
    CommandTimeout,
    CommandWithoutEffect,
    ProtocolError,
    SeatContested,
    TerminalAway,
    TerminalBusy,
    TerminalOffline,
)
from .protocol.peer import as_text
from .protocol.reasons import Refusal, holder_of, refusal_of


class CodeLockedOut(ProtocolError):
    """Too many wrong codes; none is looked at for some minutes."""


class CodeRequired(ProtocolError):
    """The door opens only with its code."""


class CodeWrong(ProtocolError):
    """Somebody gave another code."""


class DoorUnknown(ProtocolError):
    """The terminal does not have this door."""

    def __init__(self, door: int, doors: int) -> None:
        """Remember which one was asked for, and how many there are."""
        super().__init__(f"there is no door {door}")
        self.facts = {"door": str(door), "doors": str(doors), "field": "door"}


class SeveralDoors(ProtocolError):
    """A command that names no door, for a terminal that has several."""


class HoldNotWritten(ProtocolError):
    """No disk takes until when a door is to be held, so that it would not end over a restart; nothing was sent."""


class LockedDown(ProtocolError):
    """The door is locked down; nothing was sent."""


class EnrolmentBusy(ProtocolError):
    """Somebody is being recorded at this terminal already."""


class EnrolmentCancelled(ProtocolError):
    """The recording was called off."""


class LogAllowanceUsedUp(ProtocolError):
    """The terminal has added so many records today that no more are taken."""


class LogsIncomplete(ProtocolError):
    """The terminal may still have records that are not in the ledger."""


class NothingAsked(ProtocolError):
    """There is no question of this sort any more, or not with this id."""


class PassNotWritten(ProtocolError):
    """A pass is closed, and the database does not know it yet; `safe` tells whether it outlives a restart."""

    def __init__(self, *, safe: bool) -> None:
        """Remember whether it is on the disk."""
        super().__init__("the pass is closed and not written yet")
        self.safe = safe


class PassRevoked(ProtocolError):
    """The pass has been revoked, which is for good."""


class PassUnknown(ProtocolError):
    """There is no pass with this id."""


class TooManyPasses(ProtocolError):
    """There is no room for another pass."""


class PersonUnknown(ProtocolError):
    """There is nobody with this enroll id on the terminal."""

    def __init__(self, enroll_id: int) -> None:
        """Remember who was asked for."""
        super().__init__(f"enroll id {enroll_id} is not known")
        self.enroll_id = enroll_id
        self.facts: dict[str, str] = {}


class PersonIsSomebodyElse(ProtocolError):
    """The number is of somebody else than is meant, or of somebody whose name cannot be read; nothing was written."""

    def __init__(self, enroll_id: int, terminal: str, holder: str) -> None:
        """Remember who has the number, and on which other terminal; empty for the one that was asked for."""
        super().__init__(f"enroll id {enroll_id} is somebody else")
        self.enroll_id = enroll_id
        self.facts = {"holder": holder, **({"terminal": terminal} if terminal else {})}


class VerifyModeUnknown(ProtocolError):
    """The terminal has no such verify mode, or does not tell which one it has."""


@contextmanager
def translated_errors(terminal: str, name_of: Callable[[int | None], str | None] = lambda _: None) -> Iterator[None]:
    """Turn protocol errors into translated Home Assistant errors that name the terminal or the field.

    `name_of` tells who has a number there.
    """
    try:
        yield
    except CommandInvalid as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=err.problem.value,
            translation_placeholders={"field": _field_name(err.field), **err.limits},
        ) from err
    except CommandRefused as err:
        raise _refused(err, terminal, name_of) from err
    except (PersonIsSomebodyElse, PersonUnknown) as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=_KEYS[type(err)],
            translation_placeholders={"terminal": terminal, "enroll_id": str(err.enroll_id), **err.facts},
        ) from err
    except CommandWithoutEffect as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="command_without_effect",
            translation_placeholders={
                "terminal": terminal,
                "field": _field_name(err.field),
                "value": as_text(err.value),
            },
        ) from err
    except LedgerInvalid as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=err.problem.value,
            translation_placeholders={"field": err.field, **err.limits},
        ) from err
    except LedgerUnavailable as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="ledger_unavailable",
            translation_placeholders={"cause": str(err.cause), "detail": err.detail},
        ) from err
    except (CodeLockedOut, CodeRequired, CodeWrong) as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=_KEYS[type(err)],
            translation_placeholders={"field": ATTR_CODE, "terminal": terminal},
        ) from err
    except PassNotWritten as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="pass_closed_not_written" if err.safe else "pass_closed_not_safe"
        ) from err
    except ProtocolError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=_key_of(err),
            translation_placeholders={"terminal": terminal, **(err.facts if isinstance(err, DoorUnknown) else {})},
        ) from err


def _key_of(error: ProtocolError) -> str:
    if isinstance(error, CommandTimeout) and error.is_question:
        return "question_timeout"  # whoever changes something asks first, and writes last
    return _KEYS.get(type(error), "command_timeout")


_KEYS: dict[type[ProtocolError], str] = {
    CodeLockedOut: "code_locked_out",
    CodeRequired: "code_required",
    CodeWrong: "code_wrong",
    DoorUnknown: "door_unknown",
    EnrolmentBusy: "enrolment_busy",
    EnrolmentCancelled: "enrolment_cancelled",
    HoldNotWritten: "hold_not_written",
    LockedDown: "locked_down",
    LogAllowanceUsedUp: "log_allowance_used_up",
    LogsIncomplete: "logs_incomplete",
    NothingAsked: "nothing_asked",
    PassRevoked: "pass_revoked",
    PassUnknown: "pass_unknown",
    PersonIsSomebodyElse: "person_is_somebody_else",
    PersonUnknown: "person_unknown",
    SeatContested: "seat_contested",
    SeveralDoors: "needs_one_door",
    TerminalAway: "terminal_offline",
    TerminalBusy: "terminal_busy",
    TerminalOffline: "terminal_offline",
    TooManyPasses: "too_many_passes",
    VerifyModeUnknown: "verify_mode_unknown",
}


# What a field of the protocol is called where people fill it in.
_FIELD_NAMES = {
    "backup_number": "credential",
    "combinations": "groups_together",
    "device_id": "terminal_number",
    "pin": "password",
    "profile": "message",
    "record": "value",
    "records": "names",
    "user_name": "name",
}


def _field_name(field: str) -> str:
    parts = (part.partition("[") for part in field.split("."))
    return ".".join(f"{_FIELD_NAMES.get(name, name)}{bracket}{index}" for name, bracket, index in parts)


def word_of(error: ProtocolError) -> str:
    """Return a failure in one word, for event data and responses: ours where the reason is known."""
    if isinstance(error, CommandRefused):
        refusal = refusal_of(error)
        return refusal.value if refusal else "refused"
    return {CommandInvalid: "invalid", TerminalAway: "offline", TerminalOffline: "offline"}.get(
        type(error), "no_answer"
    )


def _refused(error: CommandRefused, terminal: str, name_of: Callable[[int | None], str | None]) -> HomeAssistantError:
    refusal = refusal_of(error)
    holder = holder_of(error)
    name = name_of(holder)
    if refusal is Refusal.ALREADY_ENROLLED and holder is not None:
        key = "refused_already_enrolled_by"
    else:
        key = f"refused_{refusal}" if refusal else "command_refused"
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={
            "terminal": terminal,
            "reason": as_text(error.message or error.reason),
            "holder": f"{name} ({holder})" if name else str(holder),
        },
    )
