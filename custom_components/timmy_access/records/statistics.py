"""Accesses per hour and terminal as statistics of Home Assistant, at their true time however late they came in."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    StatisticsRow,
    async_add_external_statistics,
    statistics_during_period,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..ledger import HourCounts, Ledger, LedgerUnavailable, RecordFilter, RecordKind
from ..terminal.patient_work import PatientWork
from ..terminal.store import Seam, TerminalStore
from ..terminal.tasks import Tasks

# Statistics have an hour as their finest step; within a minute nobody sees a difference, and a backlog is one write.
WRITE_SECONDS = 60.0
# How far back the running sum is looked for before all of it is read; a terminal that nobody used for a month is rare.
LOOK_BACK = timedelta(days=31)
# For what waits to be counted when everything stops: a part of what there is for all that is still to be written then.
REST_SECONDS = 1.0


def statistic_id(serial: str) -> str:
    """Return the id of a terminal's statistic: `timmy_access:accesses_zx00000001`."""
    return f"{DOMAIN}:accesses_{serial.lower().replace('-', '_').strip('_')}"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A terminal by its name, and the serial numbers that it is counted as and whose place it has taken."""

    name: str
    counted_as: str
    former: Sequence[str] = ()


class AccessStatistics:
    """Writes the hours that changed, some time after records were kept; without a recorder it does nothing."""

    def __init__(
        self,
        hass: HomeAssistant,
        tasks: Tasks,
        ledger: Ledger,
        store: TerminalStore,
        terminals: Callable[[], dict[str, Counted]],
    ) -> None:
        """Count the records in `ledger` of some terminals, by serial number."""
        self._hass = hass
        self._ledger = ledger
        self._terminals = terminals
        self._store = store
        self._waits = False
        self._work = PatientWork(hass, ledger, self._async_catch_up, "count accesses", tasks.async_start)
        self._work.async_start()

    @callback
    def async_changed(self) -> None:
        """Note that there are new records."""
        if "recorder" not in self._hass.config.components:
            return
        self._waits = True
        self._work.async_within(WRITE_SECONDS)

    async def async_stop(self) -> None:
        """Write what waits: the next listener may have another database. When all ends, the recorder may be gone."""
        self._waits = self._waits and not self._hass.is_stopping
        await self._work.async_stop(REST_SECONDS)

    async def async_write(self) -> None:
        """Write all hours that have changed since the last time; a database that is away is tried again."""
        self._waits = True
        await self._work.async_done()

    async def _async_catch_up(self) -> None:
        if not self._waits:
            return
        self._waits = False
        try:
            await self._async_count()
        except LedgerUnavailable:
            self._waits = True
            raise

    async def _async_count(self) -> None:
        terminals = self._terminals()
        if not terminals:
            return
        seats = {serial: own for own, it in terminals.items() for serial in (own, *it.former)}
        by_terminal: dict[str, Counter[datetime]] = defaultdict(Counter)
        begun = dt_util.utcnow()
        together = [(own, *it.former) for own, it in terminals.items() if it.former]
        counts = await self._ledger.hours(
            self._store.counted, list(seats), identity=self._store.counted_in, together=together
        )
        for hour in counts.hours:
            by_terminal[seats[hour.serial]][hour.start] += hour.punches
        await self._async_find_seam(counts, terminals.values())
        for own, hours in by_terminal.items():
            await self._async_sew(terminals[own], own, hours)
        for own, hours in by_terminal.items():
            await self._async_write_terminal(terminals[own], dict(sorted(hours.items())))
        self._store.async_remember_counted(counts.newest_id, counts.identity, begun)

    async def _async_find_seam(self, counts: HourCounts, terminals: Iterable[Counted]) -> None:
        """Note what is written of the hour in which another database came, or an earlier state of this one."""
        until = self._store.counted_until
        is_same = counts.identity == self._store.counted_in and counts.newest_id >= self._store.counted
        if is_same or until is None:
            return
        hour = until.replace(minute=0, second=0, microsecond=0)
        written = {
            identity: (await self._async_states(identity, hour)).get(hour, 0)
            for identity in {statistic_id(terminal.counted_as) for terminal in terminals}
        }
        await self._store.async_keep_seam(Seam(at=until, written=written))

    async def _async_sew(self, terminal: Counted, own: str, hours: Counter[datetime]) -> None:
        """Count of that hour what was written by then, and what the database has that happened since."""
        if (seam := self._store.seam) is None:
            return
        hour = seam.at.replace(minute=0, second=0, microsecond=0)
        if hour in hours:
            before = await self._async_punches({own, *terminal.former}, hour, seam.at)
            hours[hour] += max(int(seam.written.get(statistic_id(terminal.counted_as), 0)) - before, 0)

    async def _async_punches(self, serials: Collection[str], since: datetime, until: datetime) -> int:
        """Return how many punches of some terminals fell into a time."""
        where = RecordFilter(serials=serials, since=since, until=until)
        everything = await self._ledger.count(where)
        doors = await self._ledger.count(replace(where, kind=RecordKind.DOOR))
        return sum(everything.values()) - sum(doors.values())

    async def _async_write_terminal(self, terminal: Counted, hours: Mapping[datetime, int]) -> None:
        identity, first = statistic_id(terminal.counted_as), min(hours)
        total = await self._async_sum_before(identity, first)
        written = await self._async_states(identity, first)
        texts = await async_get_translations(self._hass, self._hass.config.language, "common", {DOMAIN})
        async_add_external_statistics(
            self._hass,
            StatisticMetaData(
                has_sum=True,
                mean_type=StatisticMeanType.NONE,
                name=texts[f"component.{DOMAIN}.common.statistic_accesses"].format(terminal=terminal.name),
                source=DOMAIN,
                statistic_id=identity,
                unit_class=None,
                unit_of_measurement=None,
            ),
            list(_rows(hours, written, total)),
        )

    async def _async_states(self, identity: str, start: datetime) -> dict[datetime, float]:
        """Return what was written for each hour from one on."""
        found: dict[str, list[StatisticsRow]] = await get_instance(self._hass).async_add_executor_job(
            statistics_during_period, self._hass, start, None, {identity}, "hour", None, {"state"}
        )
        return {dt_util.utc_from_timestamp(row["start"]): row.get("state") or 0 for row in found.get(identity, [])}

    async def _async_sum_before(self, identity: str, start: datetime) -> float:
        """Return the running sum before an hour; the recorder has it, also of records that the ledger let go of."""
        for begin in (start - LOOK_BACK, dt_util.utc_from_timestamp(0)):
            found: dict[str, list[StatisticsRow]] = await get_instance(self._hass).async_add_executor_job(
                statistics_during_period, self._hass, begin, start, {identity}, "hour", None, {"sum"}
            )
            if rows := found.get(identity):
                return rows[-1].get("sum") or 0.0
        return 0.0


def _rows(counted: Mapping[datetime, int], written: Mapping[datetime, float], total: float) -> Iterable[StatisticData]:
    """Return the hours that are counted and those that were written, with the sums that run on over all of them.

    An hour never has fewer than before: the ledger, or this database, may have let go of what was counted then.
    """
    for start in sorted(counted.keys() | written.keys()):
        state = max(counted.get(start, 0), written.get(start, 0))
        total += state
        yield StatisticData(start=start, state=state, sum=total)
