"""Decisions at the door: somebody stands there and waits.

A valid pass opens at once. Otherwise an automation may answer within the window; otherwise the safe default holds:
refused for codes and PINs, and what the owner chose for punches that the terminal asks about. Nothing here waits for a
disk, for the recorder or for another terminal.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
import time
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from ..const import CONF_DECISION_WINDOW, CONF_GRANTED_TEXT, CONF_REFUSED_TEXT, CONF_SERVER_APPROVAL
from ..errors import NothingAsked
from ..protocol.answers import MAX_SCREEN_CHARACTERS
from ..protocol.peer import printable
from ..terminal.moments import CodeKind, CodeMoment, CodeSource, Moment, Punch
from .passbook import Passbook
from .passes import Pass, Refused

# People wait a moment for a door; automations answer within some tens of milliseconds.
DECISION_WINDOW = 2.0
MAX_DECISION_WINDOW = 4.0
# A verdict that comes later than a terminal's own patience (5 s, field notes 1) opens nothing.
GRANTED_TEXT = "Welcome {name}"
REFUSED_TEXT = "Ask at the desk"
# Wrong codes at one terminal before it is answered without looking, and for how long: a guest who fumbles is not hit,
# and whoever tries PINs gets ten a minute of a hundred million.
MAX_WRONG = 10
WRONG_SECONDS = 60.0
# Questions of one terminal that wait for an automation at the same time; further ones get the default at once.
MAX_PENDING = 4


class Approval(StrEnum):
    """What holds when a terminal asks about a punch and no automation answers."""

    GRANT = "grant"
    OFF = "off"
    REFUSE = "refuse"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is answered. Everything but `granted` is for the terminal's screen and voice."""

    granted: bool
    name: str | None = None
    message: str | None = None
    voice: str | None = None
    voice_index: int | None = None
    enroll_id: int | None = None
    font_size: int | None = None
    text_color: tuple[int, ...] | None = None
    held: Pass | None = field(default=None, repr=False)


@dataclass
class _Question:
    """Somebody waits."""

    source: CodeSource
    answer: asyncio.Future[Decision]


class Verdicts:
    """Decides for one terminal."""

    def __init__(
        self,
        hass: HomeAssistant,
        serial: str,
        passbook: Passbook,
        publish: Callable[[Moment], None],
        name_of: Callable[[int | None], str | None],
        person_of: Callable[[int | None], str | None],
    ) -> None:
        """Look passes up in `passbook`, and tell `publish` what happens, never with the code itself.

        `name_of` knows the people of the terminal, and `person_of` which persons of Home Assistant they are.
        """
        self._hass = hass
        self._serial = serial
        self._passbook = passbook
        self._publish = publish
        self._name_of = name_of
        self._person_of = person_of
        self._questions: dict[str, _Question] = {}
        self._wrong: deque[float] = deque(maxlen=MAX_WRONG)
        self._blocked_until = 0.0
        self._window = DECISION_WINDOW
        self._granted_text = GRANTED_TEXT
        self._refused_text = REFUSED_TEXT
        self.approval = Approval.OFF

    @callback
    def async_apply(self, data: Mapping[str, Any]) -> None:
        """Apply the owner's choices."""
        self._window = data.get(CONF_DECISION_WINDOW, DECISION_WINDOW)
        self._granted_text = data.get(CONF_GRANTED_TEXT, GRANTED_TEXT)
        self._refused_text = data.get(CONF_REFUSED_TEXT, REFUSED_TEXT)
        self.approval = Approval(data.get(CONF_SERVER_APPROVAL, Approval.OFF))

    async def async_code(self, source: CodeSource, code: str | None) -> Decision:
        """Decide about a QR code or a PIN."""
        if self._is_blocked():
            return self._shown(Decision(granted=False))
        code = code or ""
        now = dt_util.utcnow()
        found = self._passbook.async_look_up(code, self._serial, now)
        if isinstance(found, Pass):
            self._passbook.async_use(found, self._serial, now)
            person = self._name_of(found.enroll_id)
            self._tell(source, CodeKind.GRANTED, held=found, enroll_id=found.enroll_id, person=person)
            return self._shown(Decision(granted=True, name=person or found.name, enroll_id=found.enroll_id, held=found))
        fingerprint = self._passbook.fingerprint(code)
        answer = await self._async_ask(source, found.value, fingerprint=fingerprint)
        if found is Refused.UNKNOWN and not (answer and answer.granted):
            self._note_wrong(source)
        if answer is None:
            return self._finished(source, Decision(granted=False), found, fingerprint=fingerprint)
        return self._finished(source, answer, Refused.BY_AUTOMATION, fingerprint=fingerprint)

    async def async_punch(self, punch: Punch | None, enroll_id: int | None, person: str | None) -> Decision:
        """Decide about a punch in server-approval mode; `person` is the name on record."""
        facts = {"punch": punch, "enroll_id": enroll_id}
        decision, reason = await self._async_ask(CodeSource.PUNCH, None, person=person, **facts), None
        if decision is None:
            decision, reason = Decision(granted=self.approval is Approval.GRANT), Refused.NO_ANSWER
        return self._finished(
            CodeSource.PUNCH,
            replace(decision, name=decision.name or person),
            reason or Refused.BY_AUTOMATION,
            **facts,
        )

    @callback
    def async_reply(self, source: CodeSource, decision: Decision, request_id: str) -> None:
        """Answer the question with this id, and no other; raises `NothingAsked` when it is too late.

        An answer that comes late must not let in whoever stands there by then.
        """
        question = self._questions.get(request_id)
        if question is None or question.source is not source or question.answer.done():
            raise NothingAsked
        question.answer.set_result(decision)

    async def _async_ask(self, source: CodeSource, reason: str | None, **facts: Any) -> Decision | None:
        """Let automations answer within the window; None when none did."""
        if self._window <= 0 or len(self._questions) >= MAX_PENDING:
            return None
        request_id = ulid_now()
        question = _Question(source, asyncio.get_running_loop().create_future())
        self._questions[request_id] = question
        try:
            self._tell(source, CodeKind.SCANNED, reason=reason, request_id=request_id, **facts)
            async with asyncio.timeout(self._window):
                return await question.answer
        except TimeoutError:
            return None
        finally:
            del self._questions[request_id]

    def _finished(self, source: CodeSource, decision: Decision, refused: Refused, **facts: Any) -> Decision:
        kind = CodeKind.GRANTED if decision.granted else CodeKind.REFUSED
        reason = None if decision.granted else refused.value
        self._tell(source, kind, reason=reason, person=decision.name, **facts)
        return self._shown(decision)

    def _shown(self, decision: Decision) -> Decision:
        """Return a decision that fits a terminal's screen."""
        text = self._granted_text if decision.granted else self._refused_text
        name = decision.name and printable(decision.name)
        return replace(decision, name=name, message=decision.message or _filled(text, name) or None)

    def _is_blocked(self) -> bool:
        return time.monotonic() < self._blocked_until

    def _note_wrong(self, source: CodeSource) -> None:
        now = time.monotonic()
        self._wrong.append(now)
        if len(self._wrong) == MAX_WRONG and now - self._wrong[0] <= WRONG_SECONDS:
            self._blocked_until = now + WRONG_SECONDS
            self._wrong.clear()
            self._tell(source, CodeKind.BLOCKED, reason=Refused.TOO_MANY_TRIES.value)

    def _tell(self, source: CodeSource, kind: CodeKind, *, held: Pass | None = None, **facts: Any) -> None:
        """Publish what happened, once the answer is on its way: whoever waits does not wait for listeners."""
        moment = CodeMoment(
            kind=kind,
            occurred_at=dt_util.utcnow(),
            pass_id=held.pass_id if held else None,
            pass_name=held.name if held else None,
            person_entity_id=self._person_of(facts.get("enroll_id")),
            source=source,
            **facts,
        )
        self._hass.loop.call_soon(self._publish, moment)


def _filled(text: str, name: str | None) -> str:
    """Return a text for the screen with the name in it, cut to what a screen shows."""
    return text.replace("{name}", name or "").strip()[:MAX_SCREEN_CHARACTERS]
