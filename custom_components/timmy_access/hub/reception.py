"""The answers to whoever waits at a terminal's doors, and to the records that come from there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
import logging
import time

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..errors import DoorUnknown, LockedDown, PassRevoked
from ..guests.decisions import Decision
from ..guests.verdicts import Approval, Verdicts
from ..ledger import Decider, Kept
from ..protocol.answers import Answer, LogsAccepted, PinVerdict, QrVerdict
from ..protocol.errors import CommandRefused, ProtocolError, SeatContested, TerminalBusy
from ..protocol.log_budget import LogBudget
from ..protocol.messages import LogBatch, LogRecord, PinEntry, QrScan
from ..protocol.unread import Unread
from ..records.records import Records
from ..records.unread import UnreadStore
from ..terminal.clock import TerminalClock, local_naive
from ..terminal.coordinator import TerminalCoordinator
from ..terminal.doors import Doors
from ..terminal.moments import CodeSource, Punch
from ..terminal.tasks import Tasks
from ..terminal.upkeep import Upkeep
from .interpreter import Interpreter, Question
from .passed import Passed

# How long somebody waits while a terminal whose clock may be wrong is asked what it shows; it answers within some
# milliseconds.
COMPARING_PATIENCE = 1.0
# Old punches that come one by one must not ask for the clock with each of them.
COMPARING_SECONDS = 10.0
# Nor must a terminal that goes on with a time to come be told ours with each record: it may not take it over.
CORRECTING_SECONDS = 60.0
# Punches of one terminal that are being kept while they are decided about. A database that hangs must not pile them up;
# further ones are decided about all the same, and not acknowledged.
MAX_KEEPING = 8
# How long the answer about a punch waits for the record to be kept, when the decision is there already; a commit takes
# some milliseconds.
ACKNOWLEDGEMENT_PATIENCE = 0.2


@dataclass(frozen=True)
class _Waiting:
    """What an answer decides that is not on its way yet."""

    answer: Answer
    decision: Decision
    question: Question | None = None
    batch: LogBatch | None = None
    source: CodeSource | None = None


class Reception:
    """Puts decisions of `Verdicts` into the words of the protocol, and opens what a pass is for."""

    def __init__(
        self,
        tasks: Tasks,
        coordinator: TerminalCoordinator,
        doors: Doors,
        clock: TerminalClock,
        upkeep: Upkeep,
        records: Records,
        unread: UnreadStore,
        verdicts: Verdicts,
        interpreter: Interpreter,
        log: LogBudget,
    ) -> None:
        """Answer for one terminal."""
        self._tasks = tasks
        self._coordinator = coordinator
        self._doors = doors
        self._clock = clock
        self._upkeep = upkeep
        self._records = records
        self._unread = unread
        self._verdicts = verdicts
        self._interpreter = interpreter
        self._log = log
        self._waiting: dict[int, _Waiting] = {}
        self._passed = Passed()
        self._keeping: set[asyncio.Task[Kept | None]] = set()
        self._compare_after = 0.0
        self._correct_after = 0.0

    @callback
    def question_in(self, batch: LogBatch) -> Callable[[], Awaitable[LogsAccepted | None]] | None:
        """Return how to decide about the punch that a batch asks about; None where it asks none (specification A2)."""
        if (
            self._verdicts.approval is Approval.OFF
            or self._records.is_doubted
            or (asked := self._records.question_in(batch)) is None
            or not self._may_be_present(asked.time)
        ):
            return None
        return partial(self._async_ask, batch, asked)

    async def logs(self, batch: LogBatch) -> LogsAccepted | None:
        """Keep records and acknowledge the frame; no answer, and the terminal keeps them, when they are not safe."""
        shown = batch.records.column("time")
        ahead = self._clock.is_ahead(shown)
        with_pass = len(shown) == 1 and self._clock.is_present(shown[0]) and self._passed.take(batch.records[0])
        if with_pass:
            self._records.async_note_outcome(batch, granted=True, decided_by=Decider.PASS)
        if await self._records.async_take(batch) is None:
            return None
        state = self._coordinator.data
        if ahead:
            self._coordinator.async_replace(replace(state, records_ahead=True))
            self._async_correct_clock()
        elif state.records_ahead and len(shown) == 1 and self._clock.is_present(shown[0]):
            self._coordinator.async_replace(replace(state, records_ahead=False))
        return self._accepted(batch)

    async def _async_ask(self, batch: LogBatch, asked: LogRecord) -> LogsAccepted | None:
        """Decide about a punch, unless its time tells that nobody stands there any more; then it is only kept."""
        # Whether it is new has to be known before it is kept itself. While that is found out, the same punch in another
        # frame may be answered.
        if (
            await self._async_is_present(asked.time)
            and await self._records.async_is_new(batch)
            and self._records.question_in(batch) is not None
        ):
            return await self._async_approve(batch, asked)
        return await self.logs(batch)

    def _may_be_present(self, shown: datetime | None) -> bool:
        """Return whether a time of the terminal is of now, or may be if its clock is wrong."""
        return self._clock.is_present(shown) or (shown is not None and time.monotonic() >= self._compare_after)

    async def _async_is_present(self, shown: datetime | None) -> bool:
        """Return whether whoever a time of the terminal is of stands at the door; asks for its clock if need be."""
        if self._clock.is_present(shown):
            return True
        now = time.monotonic()
        if shown is None or now < self._compare_after:
            return False
        self._compare_after = now + COMPARING_SECONDS
        try:
            async with asyncio.timeout(COMPARING_PATIENCE):
                await self._upkeep.async_compare_clock()
        except ProtocolError, TimeoutError:
            return False
        present = self._clock.is_present(shown)
        if self._clock.is_wrong:
            self.async_tell_time()
        return present

    @callback
    def _async_correct_clock(self) -> None:
        """Tell the time to a terminal that reports what is yet to come, once in a while."""
        now = time.monotonic()
        if now >= self._correct_after:
            self._correct_after = now + CORRECTING_SECONDS
            self.async_tell_time()

    @callback
    def async_tell_time(self) -> None:
        """Tell the terminal our time, which it may have been told long ago."""
        self._tasks.async_start(self._async_set_clock(), f"set the clock of {self._coordinator.serial}")

    async def _async_set_clock(self) -> None:
        try:
            await self._upkeep.async_set_clock()
        except ProtocolError as err:
            self._log.log(logging.DEBUG, "The clock of %s was not set: %s", self._coordinator.serial, err)

    def _accepted(self, batch: LogBatch) -> LogsAccepted:
        return LogsAccepted(
            name=batch.name if batch.name != LogsAccepted.word else None,
            count=len(batch.records) if batch.count is None else batch.count,
            log_index=batch.log_index,
            cloud_time=local_naive(dt_util.utcnow()),
        )

    async def set_aside(self, unread: Unread) -> bool:
        """Keep a push that is not understood; False where that cannot be done now."""
        return await self._unread.async_set_aside(unread, dt_util.utcnow())

    async def _async_approve(self, batch: LogBatch, asked: LogRecord) -> LogsAccepted:
        """Answer whether somebody may pass (specification A2), who does not wait for a disk.

        Without the echo of count and index the answer is no acknowledgement for terminals that insist on one: they
        send again and get it then. What others forget before it is kept, the comparison of counts fetches back.
        """
        placed = self._records.answer(batch)
        keeping, question = self._async_keep(batch, asked)
        decision: Decision | None = None
        try:
            moment = self._interpreter.moment_of(asked, placed)
            punch = moment if isinstance(moment, Punch) else None
            name = self._interpreter.name_in(asked)
            decision = self._undoubted(await self._verdicts.async_punch(punch, asked.enroll_id, name))
            if not decision.granted:
                self._interpreter.async_decide(question, granted=False)
                self._records.async_note_outcome(batch, granted=False, decided_by=decision.decided_by)
            safe = await _is_kept(keeping)
            if decision.granted and not (now := self._undoubted(decision)).granted:
                decision = now
                self._interpreter.async_decide(question, granted=False)
                self._records.async_note_outcome(batch, granted=False, decided_by=decision.decided_by)
        except BaseException:
            self._async_lose(question, decision)
            raise
        answer = replace(
            self._accepted(batch) if safe else replace(self._accepted(batch), count=None, log_index=None),
            access=decision.granted,
            message=decision.message,
            voice=decision.voice,
        )
        self._waiting[id(answer)] = _Waiting(answer, decision, question, batch)
        return answer

    @callback
    def _async_keep(self, batch: LogBatch, asked: LogRecord) -> tuple[asyncio.Task[Kept | None] | None, Question]:
        """Begin to keep a punch that is asked about, unless too many are being kept."""
        question = self._interpreter.async_ask(asked)
        if len(self._keeping) >= MAX_KEEPING:
            self._interpreter.async_kept(question)
            return None, question
        keeping = self._tasks.async_start(
            self._records.async_take(batch), f"keep a punch of {self._coordinator.serial}"
        )
        self._keeping.add(keeping)

        @callback
        def _async_kept(_: asyncio.Task[Kept | None]) -> None:
            self._keeping.remove(keeping)
            self._interpreter.async_kept(question)

        keeping.add_done_callback(_async_kept)
        return keeping, question

    @callback
    def _async_lose(self, question: Question, decision: Decision | None) -> None:
        """Note that a question is not answered after all."""
        if decision is not None:
            self._verdicts.async_settle(decision, delivered=False)
        if not question.decided:
            self._interpreter.async_decide(question, granted=None if decision is None else False)

    async def _async_decide(self, source: CodeSource, code: str | None, *, late: bool = False) -> Decision | None:
        """Decide about a code, and tell nothing of one from a seat that two claim."""
        if self._records.is_doubted:
            return Decision(granted=False)
        decision = await self._verdicts.async_code(source, code, late=late)
        return None if decision is None else self._undoubted(decision)

    def _undoubted(self, decision: Decision) -> Decision:
        """Return a decision that holds: nobody is let in whom a lockdown, a second claim or the house keeps out."""
        if not decision.granted or not (self._records.is_doubted or self._verdicts.is_closed(decision)):
            return decision
        self._verdicts.async_settle(decision, delivered=False)
        return Decision(granted=False)

    async def qr_scan(self, scan: QrScan) -> QrVerdict | None:
        """Decide about a QR code; None where the same scan is being answered already."""
        asked_at = asyncio.get_running_loop().time()
        decision = await self._async_decide(CodeSource.QR_CODE, scan.code)
        if decision is None:
            return None
        opens_itself = self._opens_itself(decision)
        decision = await self._async_lead_in(decision, asked_at)
        verdict = QrVerdict(
            serial=scan.serial,
            access=decision.granted and opens_itself,
            enroll_id=decision.enroll_id,
            user_name=decision.name,
            message=decision.message,
            voice=decision.voice,
            font_size=decision.font_size,
            text_color=decision.text_color,
        )
        self._async_await(verdict, decision, CodeSource.QR_CODE)
        return verdict

    async def pin_entry(self, entry: PinEntry) -> PinVerdict | None:
        """Decide about a PIN; None where the same entry is being answered already."""
        asked_at = asyncio.get_running_loop().time()
        late = entry.time is not None and not await self._async_is_present(entry.time)
        decision = await self._async_decide(CodeSource.PIN, entry.pin, late=late)
        if decision is None:
            return None
        opens_itself = self._opens_itself(decision)
        decision = await self._async_lead_in(decision, asked_at)
        verdict = PinVerdict(
            access=decision.granted and opens_itself,
            user_name=decision.name,
            message=decision.message,
            voice=decision.voice,
            voice_index=decision.voice_index,
        )
        self._async_await(verdict, decision, CodeSource.PIN)
        return verdict

    @callback
    def answered(self, answer: Answer, *, delivered: bool) -> None:
        """Note whether an answer is on its way to the terminal."""
        waiting = self._waiting.pop(id(answer), None)
        if waiting is None:
            return
        self._verdicts.async_settle(waiting.decision, delivered=delivered)
        decision = waiting.decision
        if waiting.source and delivered and decision.granted and decision.held and decision.enroll_id:
            self._passed.note(decision.enroll_id, waiting.source)
        if waiting.question is not None and waiting.decision.granted:
            self._interpreter.async_decide(waiting.question, granted=delivered)
        if waiting.batch is not None and waiting.decision.granted and delivered:
            self._records.async_note_outcome(waiting.batch, granted=True, decided_by=waiting.decision.decided_by)

    def _async_await(self, answer: Answer, decision: Decision, source: CodeSource) -> None:
        """Remember what an answer decides until it is on its way."""
        self._waiting[id(answer)] = _Waiting(answer, decision, source=source)

    def _opens_itself(self, decision: Decision) -> bool:
        """Return whether the terminal itself is to open, which then chooses the doors of several.

        A pass for some of several doors has them opened here, by name.
        """
        held, doors = decision.held, self._coordinator.data.doors
        return decision.granted and (held is None or held.doors[self._coordinator.serial] >= doors.keys())

    async def _async_lead_in(self, decision: Decision, asked_at: float) -> Decision:
        """Open the doors that the terminal is not to choose by itself; where none opens, that is told.

        `asked_at` is when the guest asked, in the loop's time.
        """
        held = decision.held
        if held is None or decision.use is None or self._opens_itself(decision):
            return decision

        def check() -> None:
            if self._verdicts.closed(held) is not None:  # also while the door waited for its turn
                raise PassRevoked

        numbers = held.doors[self._coordinator.serial] & self._coordinator.data.doors.keys()
        opened, certain = 0, True
        for number in sorted(numbers):
            try:
                async with self._verdicts.async_for_pass(decision):
                    await self._doors.async_open(number, asked_at, check)
            except PassRevoked:
                certain = False
                break
            except ProtocolError as err:
                certain = certain and isinstance(
                    err, CommandRefused | DoorUnknown | LockedDown | SeatContested | TerminalBusy
                )
                self._log.log(
                    logging.WARNING, "Door %d of %s did not open for a pass: %s", number, self._coordinator.serial, err
                )
            except BaseException:
                if opened:
                    self._verdicts.async_settle(decision, delivered=True)
                else:
                    self._verdicts.async_door_failed(decision, certain=False)
                raise
            else:
                opened += 1
        return decision if opened else self._verdicts.async_door_failed(decision, certain=certain)


async def _is_kept(keeping: asyncio.Task[Kept | None] | None) -> bool:
    """Return whether a record is safe, or is within a moment."""
    if keeping is None:
        return False
    await asyncio.wait((keeping,), timeout=ACKNOWLEDGEMENT_PATIENCE)
    return keeping.done() and not keeping.cancelled() and keeping.exception() is None and keeping.result() is not None
