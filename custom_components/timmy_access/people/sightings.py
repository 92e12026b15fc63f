"""When each person was last recognised at a terminal, as it happened: what came in late does not count."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..ledger import Ledger, LedgerUnavailable
from ..terminal.moments import Moment, Moments, Punch
from .roster import MAX_PEOPLE, Roster

# How far back a restart looks, and so how far back can be asked for: a person on holiday is not "seen lately".
MAX_SIGHTING_AGE = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """Somebody was recognised: `person` is what to call them, `name` the name they had, None where none is known."""

    occurred_at: datetime
    person: str
    name: str | None = None


class Sightings:
    """The latest sighting of each person at one terminal, by enroll id."""

    def __init__(self, serial: str, ledger: Ledger, roster: Roster, moments: Moments) -> None:
        """Follow the moments of a terminal."""
        self._serial = serial
        self._ledger = ledger
        self._roster = roster
        self._latest: dict[int, Sighting] = {}
        moments.async_subscribe(self._async_on_moment)

    @property
    def latest(self) -> Mapping[int, Sighting]:
        """The latest of each person."""
        return MappingProxyType(self._latest)

    async def async_restore(self) -> None:
        """Take over from before a restart; a ledger that is away is no error."""
        try:
            seen = await self._ledger.last_seen(self._serial, dt_util.utcnow() - MAX_SIGHTING_AGE)
        except LedgerUnavailable as err:
            LOGGER.debug("Who was at %s lately is not known: %s", self._serial, err)
            return
        for enroll_id, occurred_at in seen.items():
            name = self._roster.name_of(enroll_id)
            self._async_note(
                enroll_id, Sighting(occurred_at=occurred_at, person=name or f"User {enroll_id}", name=name)
            )

    @callback
    def _async_on_moment(self, moment: Moment) -> None:
        if isinstance(moment, Punch) and moment.person is not None:
            self._async_note(moment.enroll_id, self._sighting(moment, moment.person))

    def _sighting(self, punch: Punch, person: str) -> Sighting:
        name = None if person == f"User {punch.enroll_id}" else person
        return Sighting(occurred_at=punch.occurred_at, person=person, name=name)

    @callback
    def _async_note(self, enroll_id: int, sighting: Sighting) -> None:
        before = self._latest.get(enroll_id)
        if before is None and len(self._latest) >= MAX_PEOPLE:
            return
        if before is None or before.occurred_at <= sighting.occurred_at:
            self._latest[enroll_id] = sighting
