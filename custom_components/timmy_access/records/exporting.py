"""The access log as a file for spreadsheets."""

import csv
from dataclasses import dataclass
from pathlib import Path
import re
from typing import IO

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from ..const import LOGGER
from ..ledger import Ledger, RecordFilter
from .private_files import PrivateFolder, new_file, not_written
from .reading import Readable

COLUMNS = (
    "occurred_at",
    "terminal",
    "serial",
    "kind",
    "person",
    "enroll_id",
    "method",
    "door_event",
    "reader",
    "function_key",
    "temperature",
    "time_known",
    "arrived_at",
    "outcome",
    "decided_by",
)
EXPORTS = PrivateFolder(what="exports", types={".csv": "text/csv"})
# Rows written at a time, between which the event loop goes on.
PART_ROWS = 500
# Rows between two lines that say how far a long export is.
PROGRESS_ROWS = 50_000
# What makes a spreadsheet take a cell for a formula, the wide twins of East Asia too, whatever it trims before that.
_SIGNS = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(rf"""[\s"\ufeff]*{_SIGNS}|[\t\r\n]""")
# Spreadsheets in half of Europe take a semicolon for the end of a cell, quoted or not, and others a tab.
_FORMULA_INSIDE = re.compile(rf"""([;,|\t\r\n\v\f\x85\u2028\u2029])(?=[\s"'\ufeff]*{_SIGNS})""")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A file that has been written, with so many records, and an address that gives it for a day."""

    file: Path
    url: str
    records: int


async def async_export(
    hass: HomeAssistant, ledger: Ledger, where: RecordFilter, readable: Readable, name: str | None
) -> Exported:
    """Write the records, oldest first, as CSV into a folder of the configuration; raises translated errors.

    UTF-8 with a byte order mark, so that spreadsheets read names right, and no cell that they take for a formula. The
    file appears when it is complete.
    """
    path = EXPORTS.path(hass, name or f"access log {dt_util.now():%Y-%m-%d %H%M%S}.csv")
    records = 0
    partial: Path | None = None
    try:
        partial = await hass.async_add_executor_job(new_file, path.parent)
        file = await hass.async_add_executor_job(_begin, partial)
        try:
            part: list[JsonObjectType] = []
            async for record in ledger.export(where):
                part.append(readable.record(record))
                records += 1
                if len(part) >= PART_ROWS:
                    await hass.async_add_executor_job(_write, file, part)
                    part = []
                if not records % PROGRESS_ROWS:
                    LOGGER.info("%d records exported to %s so far", records, path)
            await hass.async_add_executor_job(_write, file, part)
        finally:
            await hass.async_add_executor_job(file.close)
        await hass.async_add_executor_job(partial.replace, path)
    except OSError as err:
        raise not_written(path, err) from err
    finally:
        if partial is not None:
            await hass.async_add_executor_job(partial.unlink, True)  # noqa: FBT003 - missing is right
    return Exported(file=path, url=EXPORTS.address(hass, path), records=records)


def safe_cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula, whatever it takes for a separator."""
    text = "" if value is None else str(value)
    if _NUMBER.fullmatch(text):
        return text
    text = _FORMULA_INSIDE.sub(r"\1'", text)
    return f"'{text}" if _FORMULA.match(text) else text


def _begin(path: Path) -> IO[str]:
    file = path.open("w", encoding="utf-8-sig", newline="")
    csv.writer(file).writerow(COLUMNS)
    return file


def _write(file: IO[str], records: list[JsonObjectType]) -> None:
    csv.writer(file).writerows([safe_cell(record[column]) for column in COLUMNS] for record in records)
