"""What happens at a terminal, as it happens; and who listens.

State goes through the coordinator. Moments go through a subscription that event entities, sensors and triggers share.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import logging

from homeassistant.core import CALLBACK_TYPE, callback

from ..ledger import nameless
from ..protocol.enums import DoorEvent, Reader, VerifyMethod
from ..protocol.log_budget import LogBudget
from ..protocol.messages import LogRecord


class AccessKind(StrEnum):
    """How somebody was recognised, in words of Home Assistant."""

    CARD = "card"
    COMBINED = "combined"
    FACE = "face"
    FINGERPRINT = "fingerprint"
    OTHER = "other"
    PALM = "palm"
    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    QR_CODE = "qr_code"
    UNRECOGNISED = "unrecognised"


# Every other method of the protocol is a combination of these, or one that has no word here.
METHODS = {
    VerifyMethod.CARD: AccessKind.CARD,
    VerifyMethod.FACE: AccessKind.FACE,
    VerifyMethod.FINGERPRINT: AccessKind.FINGERPRINT,
    VerifyMethod.PALM: AccessKind.PALM,
    VerifyMethod.PASSWORD: AccessKind.PASSWORD,
    VerifyMethod.PASSWORD_ALTERNATIVE: AccessKind.PASSWORD,
    VerifyMethod.QR_CODE: AccessKind.QR_CODE,
}
_OTHER_METHODS = frozenset({VerifyMethod.ANY, VerifyMethod.ID_CARD, VerifyMethod.ONE_TO_MANY, VerifyMethod.UNKNOWN})


class DoorKind(StrEnum):
    """What happened to a door or to the housing of a terminal."""

    ALARM = "alarm"
    BOOT = "boot"
    CLOSED = "closed"
    CLOSED_BY_SOFTWARE = "closed_by_software"
    EXIT_BUTTON = "exit_button"
    FORCED_OPEN = "forced_open"
    OPENED = "opened"
    OPENED_BY_SOFTWARE = "opened_by_software"
    TAMPER = "tamper"


class CodeKind(StrEnum):
    """What became of a code, a PIN or a question of the terminal."""

    BLOCKED = "blocked"
    FAILED = "failed"
    GRANTED = "granted"
    REFUSED = "refused"
    SCANNED = "scanned"


class CodeSource(StrEnum):
    """What somebody showed, typed or did."""

    PIN = "pin"
    PUNCH = "punch"
    QR_CODE = "qr_code"
    UNLOCK_CODE = "unlock_code"


@dataclass(frozen=True, kw_only=True)
class Punch:
    """Somebody was recognised, or was not, at a reader.

    `asked` is set where the terminal asks whether they may pass: the answer is a `CodeMoment` of its own. `granted`
    is that answer; None where there was none, as where the terminal decides by itself.
    `person_entity_id` is the person of Home Assistant that the owner has linked to the enroll ID. `method` is how
    somebody tried, also where they were not recognised. Without `is_named`, `person` is only made of the enroll ID.
    """

    asked: bool = False
    enroll_id: int
    function_key: int
    granted: bool | None = None
    is_named: bool = True
    kind: AccessKind
    method: AccessKind = AccessKind.OTHER
    mode: int
    occurred_at: datetime
    person: str | None
    person_entity_id: str | None = None
    reader: str
    temperature: float | None

    @property
    def name(self) -> str | None:
        """The name that the person was known by; None where there was none."""
        return None if self.person == nameless(self.enroll_id) else self.person


@dataclass(frozen=True, kw_only=True)
class CodeMoment:
    """Somebody waits at a door for a decision, or has got one.

    Never the code itself: `fingerprint` stands for it, the same for the same code and of no other use. `request_id` is
    there while an automation may answer. `reason` is a word of `passes.Refused`. `punch` is what a terminal asks about.
    """

    kind: CodeKind
    occurred_at: datetime
    source: CodeSource
    enroll_id: int | None = None
    fingerprint: str | None = None
    pass_id: str | None = None
    pass_name: str | None = None
    person: str | None = None
    person_entity_id: str | None = None
    punch: Punch | None = None
    reason: str | None = None
    request_id: str | None = None


class EnrolmentKind(StrEnum):
    """What happened to the recording of a person at the terminal."""

    CANCELLED = "cancelled"
    ENROLLED = "enrolled"
    FAILED = "failed"
    STARTED = "started"


@dataclass(frozen=True, kw_only=True)
class EnrolmentMoment:
    """Somebody is being recorded at a terminal, or has been, at its keypad or on request.

    `credential` is a word of `protocol.enums.Credential`; `reason` is why it failed, in a word.
    """

    credential: str
    enroll_id: int
    kind: EnrolmentKind
    occurred_at: datetime
    person: str | None
    reason: str | None = None


class HoldKind(StrEnum):
    """What became of a door on a timer."""

    ENDED = "ended"
    HELD = "held"
    REPLACED = "replaced"


@dataclass(frozen=True, kw_only=True)
class HoldMoment:
    """A door is held until an instant, or is not any more.

    `mode` is a word of `DoorMode`. `by` is the id of the user who asked and `name` what they are called; None for an
    automation.
    """

    kind: HoldKind
    occurred_at: datetime
    mode: str
    until: datetime
    by: str | None = None
    name: str | None = None


class EmergencyKind(StrEnum):
    """What was ordered for doors."""

    ENDED = "ended"
    EVACUATION = "evacuation"
    LOCKDOWN = "lockdown"


@dataclass(frozen=True, kw_only=True)
class EmergencyMoment:
    """A lockdown or an evacuation of a terminal's doors has begun or ended.

    `confirmed` and `unconfirmed` are the doors for which the terminal has, and has not, answered that it did it.
    `by` and `name` are as for a hold.
    """

    kind: EmergencyKind
    occurred_at: datetime
    confirmed: tuple[int, ...]
    unconfirmed: tuple[int, ...]
    by: str | None = None
    name: str | None = None


class RecordsKind(StrEnum):
    """What happened to the records of a terminal."""

    CAUGHT_UP = "caught_up"


@dataclass(frozen=True, kw_only=True)
class CaughtUp:
    """So many old records have come in, of what happened from `since` to `until`."""

    kind: RecordsKind = RecordsKind.CAUGHT_UP
    occurred_at: datetime
    records: int
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class DoorMoment:
    """Something happened to a door; terminals do not say to which (field notes 3, event)."""

    kind: DoorKind
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class LastLeft:
    """Somebody went out just now, after whom nobody is known to be inside.

    Without `certain` it is not known who passed some other terminal.
    """

    certain: bool
    occurred_at: datetime
    punch: Punch


class LinkKind(StrEnum):
    """What happened to the connection of a terminal."""

    OFFLINE = "offline"
    ONLINE = "online"


@dataclass(frozen=True, kw_only=True)
class LinkMoment:
    """A terminal has gone, or is back."""

    kind: LinkKind
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class PunchPhoto:
    """What the camera saw at a punch; comes just before it, where it comes at all.

    `record` is the base64 text of the terminal: personal, and for nothing but the image entity and, sealed, for who has
    chosen to keep it. The rest is what tells the record of the punch from others, as it came.
    """

    occurred_at: datetime
    record: str = field(repr=False)
    enroll_id: int | None = None
    mode: int | None = None
    reader: int | None = None
    event: int | None = None


type Moment = (
    CaughtUp
    | CodeMoment
    | DoorMoment
    | EmergencyMoment
    | EnrolmentMoment
    | HoldMoment
    | LastLeft
    | LinkMoment
    | Punch
    | PunchPhoto
)
type MomentListener = Callable[[Moment], None]


class Moments:
    """A subscription list; one listener that fails does not keep a moment from the others."""

    def __init__(self, log: LogBudget) -> None:
        """Start without listeners; those that fail are named in `log`."""
        self._log = log
        self._listeners: list[MomentListener] = []

    @callback
    def async_subscribe(self, listener: MomentListener) -> CALLBACK_TYPE:
        """Call `listener` with every moment until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_publish(self, moment: Moment) -> None:
        """Hand a moment to everybody."""
        for listener in tuple(self._listeners):
            try:
                listener(moment)
            except Exception:  # noqa: BLE001 - whatever a listener does wrong
                self._log.log(logging.ERROR, "A listener failed on a %s", type(moment).__name__, exc_info=True)


def moment_of(record: LogRecord, occurred_at: datetime, name: str | None) -> Moment | None:
    """Return what a log record means; None for records about neither a person nor a door."""
    if record.is_door_event:
        event = record.door_event
        if event is DoorEvent.UNKNOWN:
            return None
        return DoorMoment(kind=DoorKind[event.name], occurred_at=occurred_at)
    if record.enroll_id is None:
        return None
    return Punch(
        enroll_id=record.enroll_id,
        function_key=record.event or 0,
        is_named=bool(name),
        kind=AccessKind.UNRECOGNISED if record.is_stranger else access_kind(record.method),
        method=access_kind(record.method),
        mode=record.mode or 0,
        occurred_at=occurred_at,
        person=None if record.is_stranger else name or nameless(record.enroll_id),
        reader=Reader(-1 if record.reader is None else record.reader).name.lower(),
        temperature=record.temperature,
    )


def access_kind(method: VerifyMethod) -> AccessKind:
    """Return the word for a way of being verified."""
    if method in _OTHER_METHODS:
        return AccessKind.OTHER
    return METHODS.get(method, AccessKind.COMBINED)
