"""The answers to whoever waits at a terminal's doors, and to the records that come from there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
import logging

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..guests.verdicts import Approval, Decision, Verdicts
from ..protocol.answers import LogsAccepted, PinVerdict, QrVerdict
from ..protocol.errors import ProtocolError
from ..protocol.log_budget import LogBudget
from ..protocol.messages import LogBatch, LogRecord, PinEntry, QrScan
from ..records.records import Records
from ..terminal.clock import Placed, local_naive
from ..terminal.coordinator import TerminalCoordinator
from ..terminal.doors import Doors
from ..terminal.moments import CodeSource, Punch
from ..terminal.tasks import Tasks
from .interpreter import Interpreter

# Punches of one terminal that are being kept while they are decided about. A database that hangs must not pile them up;
# further ones are decided about all the same, and not acknowledged.
MAX_KEEPING = 8
# How long the answer about a punch waits for the record to be kept, when the decision is there already; a commit takes
# some milliseconds.
ACKNOWLEDGEMENT_PATIENCE = 0.2


class Reception:
    """Puts decisions of `Verdicts` into the words of the protocol, and opens what a pass is for."""

    def __init__(
        self,
        tasks: Tasks,
        coordinator: TerminalCoordinator,
        doors: Doors,
        records: Records,
        verdicts: Verdicts,
        interpreter: Interpreter,
        log: LogBudget,
    ) -> None:
        """Answer for one terminal."""
        self._tasks = tasks
        self._coordinator = coordinator
        self._doors = doors
        self._records = records
        self._verdicts = verdicts
        self._interpreter = interpreter
        self._log = log
        self._keeping: set[asyncio.Task[bool]] = set()

    @callback
    def async_question_in(self, batch: LogBatch) -> Callable[[], Awaitable[LogsAccepted]] | None:
        """Return how to decide about the punch that a batch asks about; None where it asks none (specification A2)."""
        if self._verdicts.approval is Approval.OFF or (asked := self._records.question_in(batch.records)) is None:
            return None
        return partial(self._async_approve, batch, *asked)

    async def async_logs(self, batch: LogBatch) -> LogsAccepted | None:
        """Keep records and acknowledge the frame; no answer, and the terminal keeps them, when they are not safe."""
        if not await self._records.async_take(batch.records):
            return None
        return self._accepted(batch)

    def _accepted(self, batch: LogBatch) -> LogsAccepted:
        return LogsAccepted(
            count=len(batch.records) if batch.count is None else batch.count,
            log_index=batch.log_index,
            cloud_time=local_naive(dt_util.utcnow()),
        )

    async def _async_approve(self, batch: LogBatch, asked: LogRecord, placed: Placed) -> LogsAccepted:
        """Answer whether somebody may pass (specification A2), who does not wait for a disk.

        Without the echo of count and index the answer is no acknowledgement for terminals that insist on one: they
        send again and get it then. What others forget before it is kept, the comparison of counts fetches back.
        """
        keeping = self._async_keep(batch, asked)
        name = self._interpreter.name_in(asked)
        moment = self._interpreter.moment_of(asked, placed)
        punch = moment if isinstance(moment, Punch) else None
        decision = await self._verdicts.async_punch(punch, asked.enroll_id, name)
        return replace(
            self._accepted(batch)
            if await _is_kept(keeping)
            else LogsAccepted(cloud_time=local_naive(dt_util.utcnow())),
            access=decision.granted,
            message=decision.message,
            voice=decision.voice,
        )

    @callback
    def _async_keep(self, batch: LogBatch, asked: LogRecord) -> asyncio.Task[bool] | None:
        """Begin to keep a punch that is asked about; None where too many are."""
        if len(self._keeping) >= MAX_KEEPING:
            return None
        self._interpreter.asked.append(asked)
        keeping = self._tasks.async_start(
            self._records.async_take(batch.records), f"keep a punch of {self._coordinator.serial}"
        )
        self._keeping.add(keeping)

        @callback
        def _async_kept(_: asyncio.Task[bool]) -> None:
            self._keeping.remove(keeping)
            self._interpreter.asked.remove(asked)

        keeping.add_done_callback(_async_kept)
        return keeping

    async def async_qr_scan(self, scan: QrScan) -> QrVerdict:
        """Decide about a QR code."""
        asked_at = asyncio.get_running_loop().time()
        decision = await self._verdicts.async_code(CodeSource.QR_CODE, scan.code)
        return QrVerdict(
            serial=scan.serial,
            access=self._lets_in(decision, asked_at),
            enroll_id=decision.enroll_id,
            user_name=decision.name,
            message=decision.message,
            voice=decision.voice,
            font_size=decision.font_size,
            text_color=decision.text_color,
        )

    async def async_pin_entry(self, entry: PinEntry) -> PinVerdict:
        """Decide about a PIN."""
        asked_at = asyncio.get_running_loop().time()
        decision = await self._verdicts.async_code(CodeSource.PIN, entry.pin)
        return PinVerdict(
            access=self._lets_in(decision, asked_at),
            user_name=decision.name,
            message=decision.message,
            voice=decision.voice,
            voice_index=decision.voice_index,
        )

    def _lets_in(self, decision: Decision, asked_at: float) -> bool:
        """Return whether the terminal itself is to open.

        A pass for some doors of several opens just those, by name: what a controller opens by itself, it does not say.
        """
        held, doors = decision.held, self._coordinator.data.doors
        if not decision.granted or held is None or held.doors[self._coordinator.serial] >= doors.keys():
            return decision.granted
        for number in held.doors[self._coordinator.serial] & doors.keys():
            self._tasks.async_start(
                self._async_open_for_guest(number, asked_at), f"open door {number} of {self._coordinator.serial}"
            )
        return False

    async def _async_open_for_guest(self, number: int, asked_at: float) -> None:
        try:
            await self._doors.async_open(number, asked_at)
        except ProtocolError as err:
            self._log.log(
                logging.WARNING, "Door %d of %s did not open for a pass: %s", number, self._coordinator.serial, err
            )


async def _is_kept(keeping: asyncio.Task[bool] | None) -> bool:
    """Return whether a record is safe, or is within a moment."""
    if keeping is None:
        return False
    await asyncio.wait((keeping,), timeout=ACKNOWLEDGEMENT_PATIENCE)
    return keeping.done() and not keeping.cancelled() and keeping.exception() is None and keeping.result()
