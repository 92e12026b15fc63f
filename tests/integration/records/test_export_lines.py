"""An export says of each record what every other list of records says, however fast it is made."""

import csv
from datetime import UTC, datetime, timedelta
import io
from itertools import product
from pathlib import Path

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Entry
from custom_components.timmy_access.protocol.messages import STRANGER_ID
from custom_components.timmy_access.records.export_lines import COLUMNS, safe_cell
from custom_components.timmy_access.records.reading import Readable
from homeassistant.core import HomeAssistant

from ..conftest import FINGER
from ..services.test_actions import act

# Within an hour of it clocks go back in Europe and America; in other years, and long before 1970, they went otherwise.
AUTUMN = datetime(2025, 10, 26, 0, 59, 59, tzinfo=UTC)
TIMES = (AUTUMN, AUTUMN + timedelta(seconds=1, microseconds=7), datetime(1883, 11, 18, 16, 59, 30, tzinfo=UTC))
PEOPLE = ((0, None), (None, None), (1, None), (1, "Ada"), (2, "=1+1"), (3, 'B "C", D;-1\n'), (STRANGER_ID, None))
NUMBERS = (None, 0, 1, 13, 4711)


def _entries() -> list[Entry]:
    """Return a record of each sort of person, number and time."""
    return [
        Entry(
            enroll_id,
            datetime(2025, 10, 26) + timedelta(minutes=count) if count % 3 else None,  # noqa: DTZ001 - of a terminal
            mode=number,
            reader=number,
            event=number,
            occurred_at=at,
            received_at=at + timedelta(seconds=1, microseconds=count),
            live=bool(count % 2),
            verify_mode=NUMBERS[count % len(NUMBERS)],
            name=name,
            temperature=(None, 36.5, -1.25)[count % 3],
            apart=count,
            granted=(None, True, False)[count % 3],
            decided_by=(None, "pass")[count % 2],
        )
        for count, ((enroll_id, name), number, at) in enumerate(product(PEOPLE, NUMBERS, TIMES))
    ]


async def test_an_export_reads_as_its_records_do(hass: HomeAssistant, hub: Hub) -> None:
    for zone in ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"):
        await hass.config.async_set_time_zone(zone)
        await hub.ledger.keep(FINGER, _entries())
        await hub.ledger.keep("ZX-gone", _entries())
        readable = Readable(hub.terminals.values())
        file = io.StringIO(newline="")
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        async for record in hub.ledger.export():
            if record.serial == FINGER:
                said = readable.record(record)
                lines.writerow([safe_cell(said[column]) for column in COLUMNS])
        exported = await act(hass, hub, FINGER, "export_logs", filename="everything")
        assert exported is not None
        assert exported["records"] == len(_entries())
        content = await hass.async_add_executor_job(Path(exported["file"]).read_bytes)
        assert content == file.getvalue().encode("utf-8-sig")
