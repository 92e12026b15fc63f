"""Decisions at the door: somebody stands there and waits.

A valid pass opens at once. Otherwise an automation may answer within the window; otherwise the safe default holds:
refused for codes and PINs, and for punches that the terminal asks about what the owner chose, which lets in nobody but
people who are known and enabled. Nothing here waits for the recorder or for another terminal, and for a disk only
where a use of a limited pass has to be on it.

One scan is one decision and one use. It is told as granted when the answer is on its way, and as failed where it could
not be given or the door did not open; then nothing has been used.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, cast

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from ..const import CONF_DECISION_WINDOW, CONF_GRANTED_TEXT, CONF_REFUSED_TEXT, CONF_SERVER_APPROVAL
from ..errors import NothingAsked, PassRevoked
from ..ledger import Decider
from ..protocol.messages import STRANGER_ID
from ..protocol.peer import printable
from ..terminal.moments import CodeKind, CodeMoment, CodeSource, Moment, Punch
from .decisions import Decision
from .passbook import Passbook
from .passes import Pass, Refused
from .premises import Premises
from .screens import ScreenText, async_screen_text, filled
from .tries import MAX_PEOPLE_TOLD, MAX_TOLD_IN_ALL, Refusals, Tries

# People wait a moment for a door; automations answer within some tens of milliseconds.
DECISION_WINDOW = 2.0
# A verdict that comes later than a terminal's own patience (5 s, field notes 1) opens nothing.
MAX_DECISION_WINDOW = 4.0
# Questions of one terminal that wait for an automation at the same time; further ones are refused: what no automation
# was asked about, none has granted.
MAX_PENDING = 4


class UnwrittenUse(StrEnum):
    """What holds when the use of a limited pass gets onto no disk."""

    REFUSE = "refuse"
    WAIT = "wait"


# How much longer a guest waits for a disk; then terminals lose their patience.
DISK_PATIENCE = {UnwrittenUse.REFUSE: 0.0, UnwrittenUse.WAIT: 3.0}


class Approval(StrEnum):
    """What holds when a terminal asks about a punch and no automation answers.

    `GRANT` lets in who is on the roster and enabled, `GRANT_UNKNOWN` also numbers that are on no roster; nobody is let
    in whom the terminal did not recognise.
    """

    OFF = "off"
    REFUSE = "refuse"
    GRANT = "grant"
    GRANT_UNKNOWN = "grant_unknown"


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
        premises: Premises,
        passbook: Passbook,
        publish: Callable[[Moment], None],
        show_tries: Callable[[], None],
    ) -> None:
        """Look passes up in `passbook`, and tell `publish` what happens, never with the code itself.

        `show_tries` is called when `tries` may have changed.
        """
        self._hass = hass
        self._premises = premises
        self._passbook = passbook
        self._publish = publish
        self._questions: dict[str, _Question] = {}
        self._deciding: set[bytes] = set()
        self._window = DECISION_WINDOW
        self._granted_text: str | None = None
        self._refused_text: str | None = None
        self.disk_patience = 0.0
        self._refused_codes = Refusals(MAX_TOLD_IN_ALL)
        self._refused_punches = Refusals(MAX_PEOPLE_TOLD)
        self.tries = Tries(hass, show_tries)
        self.approval = Approval.OFF

    @callback
    def async_apply(self, data: Mapping[str, Any]) -> None:
        """Apply the owner's choices."""
        self._window = data.get(CONF_DECISION_WINDOW, DECISION_WINDOW)
        self._granted_text = data.get(CONF_GRANTED_TEXT)
        self._refused_text = data.get(CONF_REFUSED_TEXT)
        self.approval = Approval(data.get(CONF_SERVER_APPROVAL, Approval.OFF))

    @property
    def decides(self) -> bool:
        """Whether the terminal asks who may pass: then a punch alone lets in nobody."""
        return self.approval is not Approval.OFF

    def is_closed(self, decision: Decision) -> bool:
        """Return whether whoever was let in is not any more: time has passed, in which much may have been closed."""
        if (moment := decision.untold) is None or moment.source is not CodeSource.PUNCH:
            return self._premises.is_locked_down
        if decision.decided_by is Decider.DEFAULT and self._refused_by_default(moment.enroll_id) is not None:
            return True
        return self._premises.refusal(moment.enroll_id or 0) is not None

    @callback
    def async_stop(self) -> None:
        """Wait for nothing more."""
        self.tries.async_stop()

    # Codes

    async def async_code(self, source: CodeSource, code: str | None, *, late: bool = False) -> Decision | None:
        """Decide about a QR code or a PIN; `late` is one that was shown some time ago.

        None where the same scan is being decided or answered already: it gets one answer.
        """
        digest = self._passbook.digest(code or "")
        if digest in self._deciding or self._passbook.book.async_is_being_answered(digest, self._premises.serial):
            return None
        self._deciding.add(digest)
        try:
            return await self._async_decide(source, code or "", digest, late=late)
        finally:
            self._deciding.discard(digest)

    async def _async_decide(self, source: CodeSource, code: str, digest: bytes, *, late: bool) -> Decision:
        if self._premises.is_locked_down:  # nothing is looked up, and so nothing is counted
            fingerprint = self._passbook.fingerprint(code)
            return self._finished(source, Decision(granted=False), Refused.LOCKDOWN, fingerprint=fingerprint)
        typed = source is CodeSource.PIN
        if typed and not self.tries.may_look(self._live_pins):
            return self._shown(Decision(granted=False))
        facts: dict[str, Any] = {"fingerprint": self._passbook.fingerprint(code)}
        found: Pass | Refused = Refused.TOO_LATE
        if not late:
            if (again := self._passbook.async_repeated(digest, self._premises.doorstep, typed=typed)) is not None:
                return self._shown(self._welcome(again))
            found = self._passbook.async_look_up(digest, self._premises.doorstep, typed=typed)
        if isinstance(found, Pass):
            return await self._async_admit(source, digest, found)
        return await self._async_try_automations(source, found, facts)

    async def _async_try_automations(self, source: CodeSource, found: Refused, facts: Mapping[str, Any]) -> Decision:
        """Decide about a code that opens nothing by itself; of one that is late nobody is asked.

        A PIN is wrong unless an automation says otherwise, also when the terminal does not wait for that.
        """
        late = found is Refused.TOO_LATE
        enough = self._refused_codes.are_enough(facts["fingerprint"])
        counts = source is CodeSource.PIN and not late
        answer: Decision | Refused | None = None
        with self.tries.weighing() if counts else nullcontext():
            try:
                if not late and not enough:
                    answer = await self._async_ask(source, found.value, **facts)
            finally:
                if counts and not (isinstance(answer, Decision) and answer.granted):
                    self._async_note_wrong()
        if enough:
            return self._shown(Decision(granted=False))
        if isinstance(answer, Decision):
            return self._finished(source, answer, Refused.BY_AUTOMATION, **facts)
        return self._finished(source, Decision(granted=False), answer or found, **facts)

    async def _async_admit(self, source: CodeSource, digest: bytes, held: Pass) -> Decision:
        """Count a use of a pass, and see that a limited one is written before anybody is let in."""
        book, serial, doors = self._passbook.book, self._premises.serial, self._premises.doors()
        use = book.async_take(held, digest, serial, min(held.doors[serial] & frozenset(doors)), dt_util.utcnow())
        if held.max_uses is None:
            book.async_write_later(use)
        else:
            refused: Refused | None = Refused.NOT_WRITTEN
            try:
                if await book.async_write(use, self.disk_patience):
                    # Time has passed, in which somebody may have revoked it.
                    refused = self.closed(held)
            except BaseException:
                book.async_give_back(use)
                raise
            if refused is not None:
                book.async_give_back(use)
                return self._finished(source, Decision(granted=False), refused, held=held)
        moment = self._moment(
            source, CodeKind.GRANTED, held=held, enroll_id=held.enroll_id, person=self._name_of(held.enroll_id)
        )
        return self._shown(replace(self._welcome(held), use=use, untold=moment))

    def _welcome(self, held: Pass) -> Decision:
        name = self._name_of(held.enroll_id) or held.name
        return Decision(granted=True, name=name, enroll_id=held.enroll_id, held=held)

    def _name_of(self, enroll_id: int | None) -> str | None:
        person = self._premises.person_of(enroll_id or 0)
        return person.name or None if person is not None else None

    @callback
    def _async_note_wrong(self) -> None:
        if self.tries.async_note_wrong(self._live_pins()):
            self._tell(self._moment(CodeSource.PIN, CodeKind.BLOCKED, reason=Refused.TOO_MANY_TRIES.value))

    def _live_pins(self) -> int:
        return self._passbook.live_pins(self._premises.serial, dt_util.utcnow())

    # Punches

    async def async_punch(self, punch: Punch | None, enroll_id: int | None, person: str | None) -> Decision:
        """Decide about a punch in server-approval mode; `person` is the name on record."""
        facts: dict[str, Any] = {"punch": punch, "enroll_id": enroll_id}
        if self._refused_punches.are_enough(enroll_id):  # no automation is asked, and so none has granted
            return self._shown(Decision(granted=False, name=person, decided_by=Decider.DEFAULT))
        answer: Decision | Refused | None = None
        if (why := self._premises.refusal(enroll_id or 0)) is None:
            answer = await self._async_ask(CodeSource.PUNCH, None, person=person, **facts)
            why = self._premises.refusal(enroll_id or 0)  # somebody may have been removed meanwhile
        if why is not None:
            decision = Decision(granted=False, name=person, decided_by=Decider.HOUSE)
            return self._finished(CodeSource.PUNCH, decision, why, **facts)
        if isinstance(answer, Decision):
            decision, refused = answer, Refused.BY_AUTOMATION
        else:
            reason = answer or self._refused_by_default(enroll_id)
            decision, refused = Decision(granted=reason is None), reason or Refused.NO_ANSWER
        by = Decider.AUTOMATION if isinstance(answer, Decision) else Decider.DEFAULT
        decision = replace(decision, name=decision.name or person, decided_by=by)
        return self._finished(CodeSource.PUNCH, decision, refused, **facts)

    def _refused_by_default(self, enroll_id: int | None) -> Refused | None:
        """Return why somebody is not let in when no automation answers; None when they are."""
        if self.approval not in (Approval.GRANT, Approval.GRANT_UNKNOWN):
            return Refused.NO_ANSWER
        if not enroll_id or enroll_id == STRANGER_ID:
            return Refused.PERSON_UNKNOWN
        disabled = self._premises.is_disabled(enroll_id)
        if disabled is None:
            return Refused.PERSON_UNKNOWN
        if disabled:
            return Refused.PERSON_DISABLED
        is_known = self._premises.person_of(enroll_id) is not None
        return None if is_known or self.approval is Approval.GRANT_UNKNOWN else Refused.PERSON_UNKNOWN

    # What becomes of a decision

    @callback
    def async_settle(self, decision: Decision, *, delivered: bool) -> None:
        """Note whether the answer is on its way; one that is lost has let in nobody."""
        if decision.untold is None:
            return
        if delivered:
            if decision.use is not None:
                self._passbook.book.async_settle(decision.use)
            self._tell(decision.untold)
        else:
            self._async_undo(decision, Refused.ANSWER_LOST)

    @asynccontextmanager
    async def async_for_pass(self, decision: Decision) -> AsyncGenerator[None]:
        """Cancel what is done for the pass of a decision in the step in which that is closed; raises `PassRevoked`."""
        asking = cast("asyncio.Task[object]", asyncio.current_task())
        before, is_closed = asking.cancelling(), False

        @callback
        def _async_look() -> None:
            nonlocal is_closed
            if not is_closed and decision.held is not None and self.closed(decision.held) is not None:
                is_closed = True
                asking.cancel()

        unsubscribe = self._passbook.book.async_subscribe(_async_look)
        try:
            yield
        except asyncio.CancelledError:
            if is_closed and asking.cancelling() == before + 1:
                raise PassRevoked from None
            raise
        finally:
            unsubscribe()
            if is_closed:
                asking.uncancel()

    def closed(self, held: Pass) -> Refused | None:
        """Return why a pass that is being used does not open any more; that it is used up now, we know."""
        refused = self._passbook.refusal(self._passbook.passes[held.pass_id], self._premises.doorstep)
        return None if refused is Refused.USED_UP else refused

    @callback
    def async_door_failed(self, decision: Decision, *, certain: bool) -> Decision:
        """Note that the door did not open, and return what is answered then.

        Where that is not `certain`, because the terminal did not say what became of it, the use stays counted.
        """
        self._async_undo(decision, Refused.DOOR_FAILED, is_used=not certain)
        return self._shown(Decision(granted=False, name=decision.name))

    @callback
    def _async_undo(self, decision: Decision, reason: Refused, *, is_used: bool = False) -> None:
        if decision.use is not None and not is_used:
            self._passbook.book.async_give_back(decision.use)
        if decision.untold is not None:
            self._tell_refused(replace(decision.untold, kind=CodeKind.FAILED, reason=reason.value))

    # Automations

    @callback
    def async_reply(self, source: CodeSource, decision: Decision, request_id: str) -> None:
        """Answer the question with this id, and no other; raises `NothingAsked` when it is too late.

        An answer that comes late must not let in whoever stands there by then.
        """
        question = self._questions.get(request_id)
        if question is None or question.source is not source or question.answer.done():
            raise NothingAsked
        question.answer.set_result(decision)

    async def _async_ask(self, source: CodeSource, reason: str | None, **facts: Any) -> Decision | Refused | None:
        """Let automations answer within the window; None when none did, and why where none could be asked."""
        if self._window <= 0:
            return None
        if len(self._questions) >= MAX_PENDING:
            return Refused.TOO_BUSY
        request_id = ulid_now()
        question = _Question(source, asyncio.get_running_loop().create_future())
        self._questions[request_id] = question
        try:
            self._tell(self._moment(source, CodeKind.SCANNED, reason=reason, request_id=request_id, **facts))
            async with asyncio.timeout(self._window):
                return await question.answer
        except TimeoutError:
            return None
        finally:
            del self._questions[request_id]

    # Telling

    def _finished(
        self, source: CodeSource, decision: Decision, refused: Refused, *, held: Pass | None = None, **facts: Any
    ) -> Decision:
        kind = CodeKind.GRANTED if decision.granted else CodeKind.REFUSED
        reason = None if decision.granted else refused.value
        moment = self._moment(source, kind, held=held, reason=reason, person=decision.name, **facts)
        if decision.granted:
            return self._shown(replace(decision, untold=moment))
        self._tell_refused(moment)
        return self._shown(decision)

    def _tell_refused(self, moment: CodeMoment) -> None:
        """Tell that somebody is not let in, so many times a minute."""
        is_punch = moment.source is CodeSource.PUNCH
        refused = self._refused_punches if is_punch else self._refused_codes
        cause = moment.enroll_id if is_punch else moment.fingerprint or moment.pass_id
        if refused.are_enough(cause):
            return
        self._tell(moment)
        if refused.async_note(cause):
            self._tell(self._moment(moment.source, CodeKind.BLOCKED, reason=Refused.TOO_MANY_TRIES.value))

    def _shown(self, decision: Decision) -> Decision:
        """Return a decision that fits a terminal's screen."""
        own = self._granted_text if decision.granted else self._refused_text
        ours = ScreenText.GRANTED if decision.granted else ScreenText.REFUSED
        text = async_screen_text(self._hass, ours) if own is None else own
        name = decision.name and printable(decision.name)
        return replace(decision, name=name, message=decision.message or filled(text, name=name or "") or None)

    def _moment(self, source: CodeSource, kind: CodeKind, *, held: Pass | None = None, **facts: Any) -> CodeMoment:
        return CodeMoment(
            kind=kind,
            occurred_at=dt_util.utcnow(),
            pass_id=held.pass_id if held else None,
            pass_name=held.name if held else None,
            person_entity_id=self._premises.linked_to(facts.get("enroll_id")),
            source=source,
            **facts,
        )

    def _tell(self, moment: CodeMoment) -> None:
        """Publish what happened, once the answer is on its way: whoever waits does not wait for listeners."""
        self._hass.loop.call_soon(self._publish, moment)
