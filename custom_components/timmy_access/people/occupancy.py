"""Who passes one terminal, and which way, where one reader of it lets in and the other lets out.

Where punches are approved here, only those who were let in have gone through. Records that came in late count as well:
they change who is inside, and nothing acts on them.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import CONF_ENTRY_READER
from ..ledger import Ledger, LedgerUnavailable
from ..protocol.enums import Reader
from ..terminal.moments import CaughtUp, CodeKind, CodeMoment, CodeSource, LastLeft, Moment, Moments, Punch
from ..terminal.patient_work import PatientWork
from ..terminal.tasks import Tasks
from .roll_call import LONGEST_STAY, Doorway, Passing, RollCall, Show, Who


class EntryReader(StrEnum):
    """The reader that is passed on the way in; the other one lets out."""

    NONE = "none"
    MAIN = "main"
    SECOND = "second"


_READERS = frozenset(reader.name.lower() for reader in Reader if reader is not Reader.UNKNOWN)


class Occupancy:
    """Tells the roll call who passes one terminal."""

    def __init__(
        self,
        hass: HomeAssistant,
        tasks: Tasks,
        roll_call: RollCall,
        serials: Sequence[str],
        data: Mapping[str, Any],
        ledger: Ledger,
        moments: Moments,
        show: Show,
        is_reporting: Callable[[], bool],
    ) -> None:
        """Follow the moments of a terminal with the owner's choices in `data`.

        `serials` are its serial number and those of whose place it has taken. `show` gets each new count, None where
        nothing is counted; the first one comes with `async_count`. `is_reporting` tells whether all that happens at the
        terminal comes in.
        """
        self._roll_call = roll_call
        self._serials = serials
        self._ledger = ledger
        self._doorway = Doorway(show=show, is_certain=lambda: self._is_counted and is_reporting())
        self._way_in = _chosen(data)
        self._is_counted = self._is_asked = False
        self._work = PatientWork(
            hass, ledger, self._async_catch_up, f"count who is inside by {serials[0]}", tasks.async_start
        )
        self._work.async_start()
        # What has just happened may not be in what is read: while the database is away, nothing of it is. The latest
        # of each person, as the roll call has them.
        self._told: dict[Who, Passing] = {}
        moments.async_subscribe(self._async_on_moment)
        self._publish = moments.async_publish

    @callback
    def async_apply(self, data: Mapping[str, Any]) -> None:
        """Apply a changed choice."""
        way_in = _chosen(data)
        if way_in is not self._way_in:
            self._way_in, self._is_counted, self._told = way_in, False, {}
            self._async_ask()

    @callback
    def async_stop(self) -> None:
        """Count nobody by this terminal any more."""
        self._work.async_cancel()
        self._way_in = EntryReader.NONE
        self._roll_call.async_leave(self._serials[0])

    async def async_count(self) -> None:
        """Count anew from the access log; one that is away leaves the count as it is, and is asked again."""
        self._is_asked = True
        await self._work.async_done()

    @callback
    def _async_ask(self) -> None:
        self._is_asked = True
        self._work.async_now()

    async def _async_catch_up(self) -> None:
        """Count where that was asked for; raises `LedgerUnavailable`."""
        if not self._is_asked:
            return
        self._is_asked = False  # whoever asks while it is read has it counted once more
        if (way_in := self._way_in) is EntryReader.NONE:
            self._roll_call.async_leave(self._serials[0])
            self._doorway.show(None)
            return
        try:
            since = dt_util.utcnow() - LONGEST_STAY
            found = [one for serial in self._serials for one in await self._ledger.latest_readers(serial, since)]
        except LedgerUnavailable:
            self._is_asked = True
            self._roll_call.async_follow(self._serials[0], self._doorway)
            raise
        if self._way_in is not way_in:
            return
        found.sort(key=lambda one: one.occurred_at)
        passings = [
            Passing(
                serial=self._serials[0],
                enroll_id=one.enroll_id,
                name=one.name,
                occurred_at=one.occurred_at,
                entered=one.reader is not None and Reader(one.reader).name.lower() == way_in,
            )
            for one in found
        ]
        self._is_counted = True
        self._roll_call.async_follow(self._serials[0], self._doorway)
        told = self._told
        # Of two in the same second, the one that was told has come last.
        kept = [it for it in passings if it.who not in told or it.occurred_at > told[it.who].occurred_at]
        self._roll_call.async_replace(self._serials[0], (*kept, *told.values()))

    @callback
    def _async_on_moment(self, moment: Moment) -> None:
        if self._way_in is EntryReader.NONE:
            return
        if isinstance(moment, CaughtUp):
            self._async_ask()
        elif isinstance(moment, Punch) and moment.person is not None and not moment.asked:
            self._async_note(moment)
        elif (
            isinstance(moment, CodeMoment)
            and moment.punch is not None
            and (moment.source, moment.kind) == (CodeSource.PUNCH, CodeKind.GRANTED)
        ):
            self._async_note(moment.punch)

    @callback
    def _async_note(self, punch: Punch) -> None:
        if punch.reader not in _READERS:
            return  # it says nothing of a direction
        passing = Passing(
            serial=self._serials[0],
            enroll_id=punch.enroll_id,
            name=punch.name,
            occurred_at=punch.occurred_at,
            entered=punch.reader == self._way_in,
        )
        since = passing.occurred_at - LONGEST_STAY
        told = {who: before for who, before in self._told.items() if before.occurred_at >= since}
        self._told = {**told, passing.who: passing}
        self._roll_call.async_note(passing)
        if not passing.entered and not self._roll_call.inside:
            certain = not self._roll_call.uncertain
            self._publish(LastLeft(certain=certain, occurred_at=punch.occurred_at, punch=punch))


def _chosen(data: Mapping[str, Any]) -> EntryReader:
    return EntryReader(data.get(CONF_ENTRY_READER, EntryReader.NONE))
