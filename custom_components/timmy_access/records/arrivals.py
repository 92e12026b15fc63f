"""What tells records apart whose time does not: that they arrived at different times.

A time that cannot be read, one that is yet to come, and one at which the clock stands still (field notes 3, time) say
nothing about a record. Two such records are the same where a terminal sends one again, and it does so only with what it
believes not to be acknowledged, one frame at a time (field notes 0.2): over the same connection soon after the frame
before, or until that is acknowledged; and over the next connection with its first frame, unless it says that nothing is
unsent. Whatever else comes is a record of its own. `logindex` tells two frames of one connection apart where it
differs; it begins anew with each connection, or is always 0 (field notes 0.3).
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from time import monotonic
from weakref import ref

from homeassistant.util import dt as dt_util

from ..ledger import Identity
from ..protocol.messages import LogRecord
from ..protocol.table import Table
from ..terminal.clock import TerminalClock, local_naive

# What is not acknowledged comes again several times a second (field notes 0.2), also out of a network that hesitates.
RESENT_SECONDS = 5.0
# A clock that goes shows another second by then, and who counts frames says that it is another one.
COUNTED_SECONDS = 2.0
# Records of the same second arrive within five seconds of the acknowledgement of the one before (field notes 3): where
# the next one takes longer than that and still shows the same time, the clock stands.
STANDING_SECONDS = 10.0
# Records that are remembered; a terminal has one frame of up to 50 under way.
REMEMBERED = 1_000
# Frames of one record that are looked at more than once: somebody waits for an answer to a few of them.
AT_ONCE = 10


# An identity without what tells it apart: what equal records have in common.
type Shared = Identity


@dataclass(slots=True)
class _Arrival:
    """A record that is told apart by its arrival: in which frame it came last, and when, in seconds."""

    apart: int
    frame: int
    connection: int
    log_index: int | None
    at: float
    kept: bool = False
    fetched: bool = False


@dataclass(slots=True)
class _Alone:
    """The frame of one record that came last."""

    shared: Shared
    connection: int
    log_index: int | None
    at: float
    untold: bool
    kept_at: float | None = None


class Arrivals:
    """Tells the records of one terminal apart."""

    def __init__(self, clock: TerminalClock) -> None:
        """Go by what is known of the terminal's clock."""
        self._clock = clock
        # By what records have in common, and which of several in one frame it is.
        self._known: OrderedDict[tuple[Shared, int], _Arrival] = OrderedDict()
        self._frame = 0
        self._connection = 0
        self._is_first = False
        # The frames themselves are others': there may be megabytes in each.
        self._recent: deque[tuple[ref[Table[LogRecord]], list[Identity]]] = deque(maxlen=AT_ONCE)
        self._alone: _Alone | None = None
        self._stands_at: datetime | None = None
        self._last_apart = 0
        # The last frame, and when it came: our zone may be another when it is sent again, by which what was told by its
        # time is yet to come.
        self._last: tuple[list[Identity], float] = ([], 0.0)

    def restore(self, aparts: Mapping[Identity, Sequence[int]]) -> None:
        """Take over what the last frame before a restart was told apart by: it may not have been acknowledged.

        It may have come again already, and not have been kept.
        """
        for shared, known in aparts.items():
            for place, apart in enumerate(known):
                again = self._known.get((shared, place))
                if again is None:
                    arrival = _Arrival(apart, self._frame, self._connection, None, monotonic(), kept=True)
                    self._known[shared, place] = arrival
                elif not again.kept:
                    again.apart, again.kept = apart, True

    def identities(self, records: Table[LogRecord], log_index: int | None) -> list[Identity]:
        """Return what tells the records of a frame from all others of the terminal; the same for the same frame."""
        for table, identities in self._recent:
            if table() is records:
                return identities
        self._is_first = self._connection != self._clock.connections
        self._connection = self._clock.connections
        now = monotonic()
        shared = shared_of(records)
        nothing_told = self._clock.tells_nothing([one.time for one in shared])
        last, last_at = self._last
        may_be_again = (self._is_first and self._clock.unsent != 0) or now - last_at < RESENT_SECONDS
        if may_be_again and any(nothing_told):
            known = {one for one in last if not one.apart}
            nothing_told = [told and one not in known for told, one in zip(nothing_told, shared, strict=True)]
        repeated = len(shared) == 1 and self._is_repeated(shared[0], log_index, now, untold=nothing_told[0])
        if self._stands_at is not None:
            nothing_told = [told or one.time == self._stands_at for told, one in zip(nothing_told, shared, strict=True)]
        found = shared
        if self._known or repeated or any(nothing_told):
            found = self._told_apart(shared, [repeated or one for one in nothing_told], log_index, now)
        self._last = found, now
        self._frame += 1
        if len(records) == 1:
            self._recent.append((ref(records), found))
        return found

    def stands(self, identity: Identity) -> bool:
        """Return whether a record is of a clock that stands still: it happened some time before it arrived."""
        return identity.time is not None and identity.time == self._stands_at

    def kept(self, identities: Sequence[Identity]) -> None:
        """Note that a frame is kept, and so acknowledged."""
        if aparts := {identity.apart for identity in identities if identity.apart}:
            for arrival in self._known.values():
                arrival.kept = arrival.kept or arrival.apart in aparts
        if len(identities) == 1 and self._alone is not None and self._alone.shared == identities[0]._replace(apart=0):
            self._alone.kept_at = monotonic()

    def fetched(self, shared: Sequence[Shared], known: Mapping[Identity, Sequence[int]]) -> list[Identity]:
        """Return what tells the records of a page apart that was asked for; `known` is what is kept of them.

        The first of several equal ones is the one that was kept first, and so on: no terminal says one twice in a page.
        What is new is expected to be sent, too.
        """
        nothing_told = self._clock.tells_nothing([one.time for one in shared])
        seen: dict[Shared, int] = {}
        found: list[Identity] = []
        for one, untold in zip(shared, nothing_told, strict=True):
            place = seen[one] = seen.get(one, -1) + 1
            aparts = known.get(one, ())
            if place < len(aparts):
                apart = aparts[place]
            elif untold or (self.stands(one) and aparts):
                apart = self._next_apart()
                self._remember(
                    (one, place), _Arrival(apart, -1, self._connection, None, monotonic(), kept=True, fetched=True)
                )
            else:
                apart = 0
            found.append(one._replace(apart=apart))
        return found

    def _told_apart(
        self, shared: Sequence[Shared], untold: Iterable[bool], log_index: int | None, now: float
    ) -> list[Identity]:
        seen: dict[Shared, int] = {}
        found: list[Identity] = []
        for one, needs_it in zip(shared, untold, strict=True):
            place = seen[one] = seen.get(one, -1) + 1
            arrival = self._known.get((one, place if needs_it else 0))
            if arrival is not None and self._is_again(arrival, log_index, now):
                arrival.frame, arrival.connection = self._frame + 1, self._connection
                arrival.log_index, arrival.at, arrival.fetched = log_index, now, False
            elif needs_it:
                arrival = _Arrival(self._next_apart(), self._frame + 1, self._connection, log_index, now)
                self._remember((one, place), arrival)
            else:
                arrival = None
            found.append(one if arrival is None else one._replace(apart=arrival.apart))
        return found

    def _is_again(self, arrival: _Arrival, log_index: int | None, now: float) -> bool:
        """Return whether a record is sent again, by the same words."""
        if arrival.fetched:
            return True
        if arrival.connection != self._connection:
            return self._is_first and arrival.frame == self._frame and self._clock.unsent != 0
        if not arrival.kept:
            return True
        return now - arrival.at < (RESENT_SECONDS if arrival.log_index == log_index else COUNTED_SECONDS)

    def _is_repeated(self, shared: Shared, log_index: int | None, now: float, *, untold: bool) -> bool:
        """Note a record that came alone; return whether it is another one than the last, of the same words."""
        last = self._alone
        if last is None or last.connection != self._connection or last.kept_at is None:
            is_repeated = False
        elif last.shared.time != shared.time:
            is_repeated = False
            if self._stands_at != shared.time:
                self._stands_at = None
        else:
            is_counted = log_index is not None and log_index != last.log_index
            is_equal = last.shared == shared
            patience = COUNTED_SECONDS if is_counted else RESENT_SECONDS
            is_repeated = is_equal and not last.untold and now - last.at >= patience
            if now - last.kept_at >= STANDING_SECONDS and (not is_equal or is_counted):
                self._stands_at = shared.time
        self._alone = _Alone(shared, self._connection, log_index, now, untold)
        if last is not None and last.shared == shared and not is_repeated:
            self._alone.kept_at = last.kept_at
        return is_repeated

    def _remember(self, key: tuple[Shared, int], arrival: _Arrival) -> None:
        self._known[key] = arrival
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def _next_apart(self) -> int:
        """Return the microseconds of now, or a later one: each only once."""
        self._last_apart = max(self._last_apart + 1, round(dt_util.utcnow().timestamp() * 1_000_000))
        return self._last_apart


def shared_of(records: Table[LogRecord]) -> list[Shared]:
    """Return what records say that may tell each from others of its terminal (field notes 0.3)."""
    times: Sequence[datetime | None] = records.column("time")
    if [time for time in times if time is not None and time.tzinfo is not None]:
        times = [local_naive(time) if time is not None and time.tzinfo is not None else time for time in times]
    columns = [times if name == "time" else records.column(name) for name in Identity._fields[:-1]]
    return list(map(Identity._make, zip(*columns, repeat(0), strict=False)))
