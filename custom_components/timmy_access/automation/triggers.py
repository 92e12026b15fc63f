"""Triggers for what Home Assistant's own triggers of locks and doors cannot say: who, how, and what went wrong.

They hear of moments by a signal and not from a terminal: they may be there before it is loaded, and outlive its reload.
Only what has just happened is a moment; records that come in late trigger nothing but `records_caught_up`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, cast, override

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID, CONF_FOR
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType

from ..fields import Fields
from ..protocol.enums import Credential, Reader
from ..terminal.moments import (
    AccessKind,
    CaughtUp,
    CodeKind,
    CodeMoment,
    CodeSource,
    DoorKind,
    DoorMoment,
    EnrolmentKind,
    EnrolmentMoment,
    LastLeft,
    LinkKind,
    LinkMoment,
    Moment,
    Punch,
)
from ..terminal.state import TerminalState
from .bus import SIGNAL_TOLD, Told
from .event_data import caught_up_facts, code_facts, enrolment_facts, punch_facts
from .filters import WHO, matches, texts, wholes, words
from .targets import async_checked, async_is_targeted, async_place
from .trouble import CONF_KIND, TroubleTrigger

type Facts = Mapping[str, Any]

METHODS = tuple(kind.value for kind in AccessKind if kind is not AccessKind.UNRECOGNISED)
READERS = tuple(reader.name.lower() for reader in Reader if reader is not Reader.UNKNOWN)
CREDENTIALS = tuple(kind.name.lower() for kind in Credential if kind is not Credential.UNKNOWN)
TROUBLE = "door_trouble"
# The trigger for each kind of trouble at a door.
TROUBLES: Mapping[str, str] = {
    "alarm": "alarm_raised",
    "forced_open": "door_forced_open",
    "held_open": "door_held_open",
    "offline": "terminal_offline",
    "tamper": "tamper_detected",
}
CODE_SOURCES = (CodeSource.PIN.value, CodeSource.QR_CODE.value)

_READER: Fields = {vol.Optional("reader"): words(READERS)}
_SOURCE: Fields = {vol.Optional("source"): words(CODE_SOURCES)}

_PUNCH = ("enroll_id", "function_key", "method", "mode", "person", "person_entity_id", "reader", "temperature")
_PERSON = (*_PUNCH, "groups")
_QUESTION = (*_PERSON, "reason", "request_id")
_CODE = (
    "enroll_id",
    "fingerprint",
    "pass_id",
    "pass_name",
    "person",
    "person_entity_id",
    "reason",
    "request_id",
    "source",
)


@dataclass(frozen=True, kw_only=True)
class TriggerDescription:
    """What a trigger waits for.

    `facts_fn` returns what an automation gets to know of a moment that is one, and None for any other. A field is a
    list of values for the fact of that name, any of which will do. `variables` are the names of all facts.
    """

    key: str
    facts_fn: Callable[[Moment], Facts | None]
    fields: Fields = field(default_factory=dict)
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LastingDescription(TriggerDescription):
    """What a trigger waits for that has to last.

    `ends_fn` tells which moment ends it, and `lasts_fn` whether it still is so when the time is up.
    """

    default: timedelta
    ends_fn: Callable[[Moment], bool]
    lasts_fn: Callable[[TerminalState], bool]


def _punch(punch: Punch) -> Facts:
    return {"method": punch.kind.value, **punch_facts(punch)}


def _granted(moment: Moment) -> Facts | None:
    """Return who comes in: whoever was recognised, but where the terminal asks, only who was let in."""
    if isinstance(moment, CodeMoment):
        return None if moment.punch is None or moment.kind is not CodeKind.GRANTED else _punch(moment.punch)
    if not isinstance(moment, Punch) or moment.asked or moment.kind is AccessKind.UNRECOGNISED:
        return None
    return _punch(moment)


def _asked(kind: CodeKind) -> Callable[[Moment], Facts | None]:
    """Return what finds questions of a terminal about a punch."""

    def _facts(moment: Moment) -> Facts | None:
        if not isinstance(moment, CodeMoment) or moment.kind is not kind or moment.punch is None:
            return None
        return {**_punch(moment.punch), "reason": moment.reason, "request_id": moment.request_id}

    return _facts


def _unrecognised(moment: Moment) -> Facts | None:
    return _punch(moment) if isinstance(moment, Punch) and moment.kind is AccessKind.UNRECOGNISED else None


def _code(kind: CodeKind, *sources: str) -> Callable[[Moment], Facts | None]:
    """Return what finds codes."""

    def _facts(moment: Moment) -> Facts | None:
        if not isinstance(moment, CodeMoment) or moment.kind is not kind or moment.source not in sources:
            return None
        return code_facts(moment)

    return _facts


def _door(*kinds: DoorKind) -> Callable[[Moment], Facts | None]:
    """Return what finds events of the door."""
    return lambda moment: {} if isinstance(moment, DoorMoment) and moment.kind in kinds else None


def _link(kind: LinkKind) -> Callable[[Moment], Facts | None]:
    """Return what finds changes of the connection."""
    return lambda moment: {} if isinstance(moment, LinkMoment) and moment.kind is kind else None


def _last_left(moment: Moment) -> Facts | None:
    if not isinstance(moment, LastLeft):
        return None
    facts = punch_facts(moment.punch)
    return {"certain": moment.certain, **{name: facts[name] for name in ("enroll_id", "person", "person_entity_id")}}


def _enrolled(moment: Moment) -> Facts | None:
    found = isinstance(moment, EnrolmentMoment) and moment.kind is EnrolmentKind.ENROLLED
    return enrolment_facts(cast("EnrolmentMoment", moment)) if found else None


TRIGGERS: tuple[TriggerDescription, ...] = (
    TriggerDescription(
        key="access_granted",
        facts_fn=_granted,
        fields={
            **WHO,
            vol.Optional("function_key"): wholes,
            vol.Optional("method"): words(METHODS),
            **_READER,
        },
        variables=(*_PERSON, "barred"),
    ),
    TriggerDescription(
        key="access_refused", facts_fn=_asked(CodeKind.REFUSED), fields={**WHO, **_READER}, variables=_QUESTION
    ),
    TriggerDescription(
        key="access_requested", facts_fn=_asked(CodeKind.SCANNED), fields={**WHO, **_READER}, variables=_QUESTION
    ),
    TriggerDescription(key="alarm_raised", facts_fn=_door(DoorKind.ALARM)),
    TriggerDescription(
        key="code_granted",
        facts_fn=_code(CodeKind.GRANTED, *CODE_SOURCES),
        fields={**_SOURCE, vol.Optional("pass_name"): texts},
        variables=_CODE,
    ),
    TriggerDescription(
        key="code_refused", facts_fn=_code(CodeKind.REFUSED, *CODE_SOURCES), fields=_SOURCE, variables=_CODE
    ),
    TriggerDescription(
        key="code_scanned", facts_fn=_code(CodeKind.SCANNED, *CODE_SOURCES), fields=_SOURCE, variables=_CODE
    ),
    TriggerDescription(key="codes_blocked", facts_fn=_code(CodeKind.BLOCKED, *CODE_SOURCES), variables=_CODE),
    TriggerDescription(
        key="credential_unrecognised",
        facts_fn=_unrecognised,
        fields=_READER,
        variables=_PUNCH,
    ),
    TriggerDescription(key="door_forced_open", facts_fn=_door(DoorKind.FORCED_OPEN)),
    LastingDescription(
        key="door_held_open",
        default=timedelta(minutes=1),
        facts_fn=_door(DoorKind.FORCED_OPEN, DoorKind.OPENED),
        ends_fn=lambda moment: isinstance(moment, DoorMoment) and moment.kind is DoorKind.CLOSED,
        lasts_fn=lambda state: state.online and state.contacts.door is True,
        variables=("for",),
    ),
    TriggerDescription(
        key=TROUBLE,
        facts_fn=lambda _: None,  # the triggers of its kinds find what it is about
        fields={vol.Optional(CONF_KIND): words(TROUBLES), vol.Optional(CONF_FOR): cv.positive_time_period},
        variables=("for", "kind"),
    ),
    TriggerDescription(
        key="last_person_left",
        facts_fn=_last_left,
        variables=("certain", "enroll_id", "groups", "person", "person_entity_id"),
    ),
    TriggerDescription(
        key="person_enrolled",
        facts_fn=_enrolled,
        fields={vol.Optional("credential"): words(CREDENTIALS)},
        variables=("credential", "enroll_id", "person", "reason"),
    ),
    TriggerDescription(
        key="records_caught_up",
        facts_fn=lambda moment: caught_up_facts(moment) if isinstance(moment, CaughtUp) else None,
        variables=("records", "since", "until"),
    ),
    TriggerDescription(key="tamper_detected", facts_fn=_door(DoorKind.TAMPER)),
    LastingDescription(
        key="terminal_offline",
        # A connection that is lost for some seconds is normal (field notes 1, availability).
        default=timedelta(minutes=1),
        facts_fn=_link(LinkKind.OFFLINE),
        ends_fn=lambda moment: isinstance(moment, LinkMoment) and moment.kind is LinkKind.ONLINE,
        lasts_fn=lambda state: not state.online,
        variables=("for",),
    ),
    TriggerDescription(key="terminal_online", facts_fn=_link(LinkKind.ONLINE)),
)


class MomentTrigger(Trigger):
    """Fires at the moments that a description finds, at the targeted terminals; at all without a target."""

    description: ClassVar[TriggerDescription]

    @classmethod
    def options_schema(cls) -> Fields:
        """Return the fields."""
        return cls.description.fields

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check fields and target; raises translated errors."""
        return async_checked(hass, config, cls.options_schema())

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Prepare to listen."""
        super().__init__(hass, config)
        self._target = config.target
        self._options: Mapping[str, Any] = config.options or {}
        self._wanted = {key: value for key, value in self._options.items() if key in self.description.fields}

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        """Listen until the returned function is called."""
        return async_dispatcher_connect(self._hass, SIGNAL_TOLD, partial(self._async_told, run_action))

    @callback
    def _async_told(self, run_action: TriggerActionRunner, told: Told) -> None:
        facts = self.description.facts_fn(told.moment)
        if facts is None or not matches({**facts, "group": told.groups}, self._wanted):
            return
        known = {"barred": told.barred, "groups": list(told.groups)}
        facts = {**facts, **{name: known[name] for name in known.keys() & set(self.description.variables)}}
        if async_is_targeted(self._hass, self._target, told.device_id):
            self._async_found(run_action, told, facts)

    @callback
    def _async_found(self, run_action: TriggerActionRunner, told: Told, facts: Facts) -> None:
        occurred_at = told.moment.occurred_at.isoformat()
        run_action(
            {ATTR_DEVICE_ID: told.device_id, "occurred_at": occurred_at, "terminal": told.terminal, **facts},
            f"{self.description.key.replace('_', ' ')} at {told.terminal}",
        )


class LastingTrigger(MomentTrigger):
    """Fires when what began at a moment has lasted for some time."""

    description: ClassVar[LastingDescription]

    @classmethod
    @override
    def options_schema(cls) -> Fields:
        """Return the fields and the time."""
        duration = vol.Optional(CONF_FOR, default=cls.description.default)
        return {**super().options_schema(), duration: cv.positive_time_period}

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Prepare to listen; nothing lasts yet."""
        super().__init__(hass, config)
        self._waiting: dict[str, CALLBACK_TYPE] = {}

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        """Listen until the returned function is called."""
        disconnect = await super().async_attach_runner(run_action, did_not_trigger)

        @callback
        def _async_detach() -> None:
            disconnect()
            while self._waiting:
                self._waiting.popitem()[1]()

        return _async_detach

    @callback
    @override
    def _async_told(self, run_action: TriggerActionRunner, told: Told) -> None:
        if self.description.ends_fn(told.moment):
            if (cancel := self._waiting.pop(told.device_id, None)) is not None:
                cancel()
        elif told.device_id not in self._waiting:
            super()._async_told(run_action, told)

    @callback
    @override
    def _async_found(self, run_action: TriggerActionRunner, told: Told, facts: Facts) -> None:
        duration: timedelta = self._options[CONF_FOR]
        facts = {CONF_FOR: str(duration), **facts}
        if not duration:
            super()._async_found(run_action, told, facts)
            return

        @callback
        def _async_due(_: datetime) -> None:
            del self._waiting[told.device_id]
            place = async_place(self._hass, told.device_id)
            if place is not None and self.description.lasts_fn(place.terminal.coordinator.data):
                super(LastingTrigger, self)._async_found(run_action, told, facts)

        job = HassJob(_async_due, f"{self.description.key} at {told.terminal}", cancel_on_shutdown=True)
        self._waiting[told.device_id] = async_call_later(self._hass, duration, job)


def _trigger(description: TriggerDescription) -> type[Trigger]:
    base = LastingTrigger if isinstance(description, LastingDescription) else MomentTrigger
    return cast("type[Trigger]", type(base.__name__, (base,), {"description": description}))


def _trouble(described: Mapping[str, TriggerDescription]) -> type[Trigger]:
    kinds = {
        kind: (_trigger(described[key]), isinstance(described[key], LastingDescription))
        for kind, key in TROUBLES.items()
    }
    return cast("type[Trigger]", type("TroubleTrigger", (TroubleTrigger,), {"key": TROUBLE, "kinds": kinds}))


def triggers() -> dict[str, type[Trigger]]:
    """Return the triggers by their keys."""
    described = {description.key: description for description in TRIGGERS}
    return {**{key: _trigger(description) for key, description in described.items()}, TROUBLE: _trouble(described)}
