"""Accesses per hour and terminal as statistics of Home Assistant, at their true time however late they came in."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    StatisticsRow,
    async_add_external_statistics,
    statistics_during_period,
)
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..ledger import HourCount, Ledger, LedgerUnavailable
from ..terminal.store import TerminalStore
from ..terminal.tasks import Tasks

# Statistics have an hour as their finest step; within a minute nobody sees a difference, and a backlog is one write.
WRITE_SECONDS = 60.0
# How far back the running sum is looked for before all of it is read; a terminal that nobody used for a month is rare.
LOOK_BACK = timedelta(days=31)


def statistic_id(serial: str) -> str:
    """Return the id of a terminal's statistic: `timmy_access:accesses_zx00000001`."""
    return f"{DOMAIN}:accesses_{serial.lower().replace('-', '_').strip('_')}"


class AccessStatistics:
    """Writes the hours that changed, some time after records were kept; without a recorder it does nothing."""

    def __init__(
        self,
        hass: HomeAssistant,
        tasks: Tasks,
        ledger: Ledger,
        store: TerminalStore,
        names: Callable[[], dict[str, str]],
    ) -> None:
        """Count the records in `ledger` of the terminals that `names` has names for, by serial number."""
        self._hass = hass
        self._tasks = tasks
        self._ledger = ledger
        self._names = names
        self._store = store
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_changed(self) -> None:
        """Note that there are new records."""
        if self._cancel is None and "recorder" in self._hass.config.components:
            self._cancel = async_call_later(
                self._hass, WRITE_SECONDS, HassJob(self._async_due, "access statistics", cancel_on_shutdown=True)
            )

    @callback
    def async_stop(self) -> None:
        """Write nothing more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    async def async_write(self) -> None:
        """Write all hours that have changed since the last time."""
        names = self._names()
        if not names:
            return
        try:
            counts = await self._ledger.hours(self._store.counted, list(names), identity=self._store.counted_in)
        except LedgerUnavailable as err:
            LOGGER.debug("Accesses were not counted: %s", err)
            return
        by_serial: dict[str, list[HourCount]] = defaultdict(list)
        for hour in counts.hours:
            by_serial[hour.serial].append(hour)
        for serial, hours in by_serial.items():
            await self._async_write_terminal(serial, names[serial], hours)
        self._store.async_remember_counted(counts.newest_id, counts.identity)

    @callback
    def _async_due(self, _: datetime) -> None:
        self._cancel = None
        self._tasks.async_start(self.async_write(), "access statistics")

    async def _async_write_terminal(self, serial: str, name: str, hours: list[HourCount]) -> None:
        identity = statistic_id(serial)
        total = await self._async_sum_before(identity, hours[0].start)
        written = await self._async_states(identity, hours[0].start)
        async_add_external_statistics(
            self._hass,
            StatisticMetaData(
                has_sum=True,
                mean_type=StatisticMeanType.NONE,
                name=f"{name} accesses",
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


def _rows(hours: Iterable[HourCount], written: Mapping[datetime, float], total: float) -> Iterable[StatisticData]:
    """Return the hours that are counted and those that were written, with the sums that run on over all of them.

    An hour never has fewer than before: the ledger, or this database, may have let go of what was counted then.
    """
    counted = {hour.start: hour.punches for hour in hours}
    for start in sorted(counted.keys() | written.keys()):
        state = max(counted.get(start, 0), written.get(start, 0))
        total += state
        yield StatisticData(start=start, state=state, sum=total)
