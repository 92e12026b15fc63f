"""The access log as a file for spreadsheets."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..ledger import Ledger, RecordFilter
from .export_lines import COLUMNS, Lines
from .private_files import PrivateFolder, new_file, not_written
from .reading import Readable

EXPORTS = PrivateFolder(what="exports", types={".csv": "text/csv"})
# Rows between two lines that say how far a long export is.
PROGRESS_ROWS = 50_000


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
            lines = Lines(readable)
            async for count, text in ledger.export_as(lambda part: (len(part.rows), lines.text(part)), where):
                await hass.async_add_executor_job(file.write, text)
                records += count
                if records // PROGRESS_ROWS > (records - count) // PROGRESS_ROWS:
                    LOGGER.info("%d records exported to %s so far", records, path)
        finally:
            await hass.async_add_executor_job(file.close)
        await hass.async_add_executor_job(partial.replace, path)
    except OSError as err:
        raise not_written(path, err) from err
    finally:
        if partial is not None:
            await hass.async_add_executor_job(partial.unlink, True)  # noqa: FBT003 - missing is right
    return Exported(file=path, url=EXPORTS.address(hass, path), records=records)


def _begin(path: Path) -> IO[str]:
    file = path.open("w", encoding="utf-8-sig", newline="")
    csv.writer(file).writerow(COLUMNS)
    return file
