"""When each person was last recognised at a terminal, as it happened: what came in late does not count."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..ledger import Ledger, likeness, nameless
from ..protocol.peer import printable
from ..terminal.moments import Moment, Moments, Punch
from .roster import MAX_PEOPLE

# How far back a restart looks, and so how far back can be asked for: a person on holiday is not "seen lately".
MAX_SIGHTING_AGE = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """Somebody was recognised: `person` is what to call them, `name` the name they had, None where none is known."""

    enroll_id: int
    occurred_at: datetime
    person: str
    name: str | None = None


class Sightings:
    """The latest sighting of each person at one terminal, who is a number and the name it had then."""

    def __init__(self, serials: Sequence[str], ledger: Ledger, moments: Moments) -> None:
        """Follow the moments of a terminal: `serials` are its serial number and those of whose place it has taken."""
        self.serials = serials
        self._ledger = ledger
        self._latest: dict[tuple[int, str], Sighting] = {}
        moments.async_subscribe(self._async_on_moment)

    @property
    def latest(self) -> Collection[Sighting]:
        """The latest of each person."""
        return self._latest.values()

    async def async_restore(self) -> None:
        """Take over from before a restart, where nobody was seen since; raises `LedgerUnavailable`."""
        since = dt_util.utcnow() - MAX_SIGHTING_AGE
        for one in [one for serial in self.serials for one in await self._ledger.last_seen(serial, since)]:
            name = printable(one.name) if one.name else None
            self._async_note(
                Sighting(
                    enroll_id=one.enroll_id,
                    occurred_at=one.occurred_at,
                    person=name or nameless(one.enroll_id),
                    name=name,
                )
            )

    @callback
    def _async_on_moment(self, moment: Moment) -> None:
        if isinstance(moment, Punch) and moment.person is not None:
            self._async_note(
                Sighting(
                    enroll_id=moment.enroll_id,
                    occurred_at=moment.occurred_at,
                    person=moment.person,
                    name=moment.name,
                )
            )

    @callback
    def _async_note(self, sighting: Sighting) -> None:
        who = (sighting.enroll_id, likeness(sighting.name))
        before = self._latest.get(who)
        if before is None and len(self._latest) >= MAX_PEOPLE:
            return
        if before is None or before.occurred_at <= sighting.occurred_at:
            self._latest[who] = sighting
