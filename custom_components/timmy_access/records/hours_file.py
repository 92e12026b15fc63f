"""Working hours as a file for spreadsheets: a line for each person and day."""

from collections.abc import Iterable, Sequence
import csv
from datetime import datetime, timedelta
import io
from itertools import batched
from pathlib import Path
from typing import NamedTuple

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..ledger import AttendanceDay
from ..unhurried import unhurried
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
# Days that are put together and written at a time: a text that long takes Python well below a millisecond.
_PART_LINES = 200


class Lines(NamedTuple):
    """The lines of a file, some at a time, and of how many days they are."""

    texts: Sequence[str]
    days: int


class HoursFile:
    """A file of hours that is to be written into a folder of the configuration, as `exporting` writes records."""

    def __init__(self, hass: HomeAssistant, readable: Readable, name: str | None) -> None:
        """Choose the file; raises a translated error for a name that no file may have."""
        self._hass = hass
        self._readable = readable
        self._path = EXPORTS.path(hass, name or f"hours {dt_util.now():%Y-%m-%d %H%M%S}.csv")

    def lines(self, days: Iterable[AttendanceDay]) -> Lines:
        """Put days into words, each for itself, so that those of a year are not there at once. For a thread.

        Hours that are not known are an empty cell, so that a sum does not count them as none.
        """
        texts, count = [_csv([COLUMNS])], 0
        for some in batched(unhurried(days), _PART_LINES, strict=False):
            texts.append(_csv([safe_cell(cell) for cell in _cells(day, self._readable)] for day in unhurried(some)))
            count += len(some)
        return Lines(texts, count)

    async def async_write(self, lines: Lines) -> Exported:
        """Write lines, so that the file appears when it is complete; raises translated errors."""
        await self._hass.async_add_executor_job(_write, self._path, lines.texts)
        return Exported(file=self._path, url=EXPORTS.address(self._hass, self._path), records=lines.days)


def _csv(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _write(path: Path, texts: Sequence[str]) -> None:
    written: Path | None = None
    try:
        written = new_file(path.parent)
        with written.open("w", encoding="utf-8-sig", newline="") as file:
            file.writelines(texts)
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
