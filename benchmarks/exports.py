"""An export of a log into a file, and the least that could be done instead."""

import asyncio
import csv
from datetime import timedelta
from pathlib import Path
import sqlite3
from time import perf_counter, process_time

from custom_components.timmy_access.ledger import Ledger, RecordFilter
from custom_components.timmy_access.records.export_lines import Lines
from custom_components.timmy_access.records.reading import Readable

from .ledgers import END_TIME, SECONDS, SERIALS
from .steps import Steps


async def export(ledger: Ledger, records: int, file: Path, steps: Steps) -> tuple[float, float]:
    """Return how many records a second of processor, and of the clock on the wall, are written into a file."""
    lines = Lines(Readable(()))
    where = RecordFilter(serials=SERIALS, since=END_TIME - timedelta(seconds=records * SECONDS))
    count = 0
    async with steps.watched():
        begun, used = perf_counter(), process_time()
        # One that is there already is emptied, which takes as long as a part.
        into = await asyncio.to_thread(file.open, "w", encoding="utf-8-sig", newline="")
        try:
            async for size, text in ledger.export_as(lambda part: (len(part.rows), lines.text(part)), where):
                await asyncio.to_thread(into.write, text)
                count += size
        finally:
            await asyncio.to_thread(into.close)
        used, taken = process_time() - used, perf_counter() - begun
    if count != records:
        raise RuntimeError(f"{count} records exported")
    return count / used, count / taken


def export_by_hand(database: Path, records: int, file: Path) -> float:
    """Return how many records a second of processor a loop writes that turns no number into a word."""
    used = process_time()
    connection = sqlite3.connect(database)
    try:
        rows = connection.execute("SELECT * FROM records ORDER BY occurred_at LIMIT ?", (records,))
        with file.open("w", newline="") as into:
            csv.writer(into).writerows(rows)
    finally:
        connection.close()
    return records / (process_time() - used)
