"""Working hours as a file for spreadsheets: a line for each person and day."""

from collections import deque
import csv
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..ledger import AttendanceDay
from ..unhurried import taken, unhurried
from .export_lines import safe_cell
from .exporting import EXPORTS, Exported
from .private_files import new_file, not_written
from .reading import Readable

COLUMNS = (
    "day",
    "person",
    "enroll_id",
    "hours",
    "standing",
    "times",
    "first_in",
    "last_out",
    "records",
    "corrections",
)


def path_of_hours(hass: HomeAssistant, name: str | None) -> Path:
    """Return where hours are written that somebody gives a name; raises a translated error for one that is none."""
    return EXPORTS.path(hass, name or f"hours {dt_util.now():%Y-%m-%d %H%M%S}.csv")


async def async_export_hours(
    hass: HomeAssistant, path: Path, days: deque[AttendanceDay], readable: Readable
) -> Exported:
    """Write hours as CSV into a folder of the configuration, as `exporting` writes records; raises translated errors.

    Hours that are not known are an empty cell, so that a sum does not count them as none. Afterwards `days` is empty.
    """
    count = len(days)
    await hass.async_add_executor_job(partial(_write, path, days, readable))
    return Exported(file=path, url=EXPORTS.address(hass, path), records=count)


def _write(path: Path, days: deque[AttendanceDay], readable: Readable) -> None:
    written: Path | None = None
    with taken(days) as each:
        try:
            written = new_file(path.parent)
            with written.open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(COLUMNS)
                writer.writerows([safe_cell(cell) for cell in _cells(day, readable)] for day in unhurried(each))
            written.replace(path)
        except OSError as err:
            raise not_written(path, err) from err
        finally:
            if written is not None:
                written.unlink(missing_ok=True)


def _cells(day: AttendanceDay, readable: Readable) -> tuple[object, ...]:
    """Return a line; a side of a time at which the punch is missing is a question mark."""
    return (
        day.day.isoformat(),
        readable.person(day.serial, day.enroll_id, day.name),
        day.enroll_id,
        None if day.worked is None else f"{day.worked / timedelta(hours=1):.2f}",
        day.standing.value,
        ", ".join(f"{_clock(one.begin)}-{_clock(one.end)}" for one in day.times),
        dt_util.as_local(day.first).isoformat(),
        dt_util.as_local(day.last).isoformat(),
        day.records,
        ", ".join(one.reason for one in day.corrections),
    )


def _clock(moment: datetime | None) -> str:
    return "?" if moment is None else f"{dt_util.as_local(moment):%H:%M}"
