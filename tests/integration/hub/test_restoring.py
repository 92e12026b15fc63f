"""What a terminal knows of before a restart comes when the database does, and what has happened meanwhile wins."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import sqlite3

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from simulator import VirtualTerminal

from ..conftest import FACE
from ..people.test_occupancy import IN, OUT, SENSOR, counting
from ..records.test_database import until_well
from ..until import until_state

__all__ = ["counting"]  # a fixture


@contextmanager
def unusable(folder: Path) -> Iterator[None]:
    """Have a database that a newer version has written, which is left alone."""
    path = folder / "timmy_access.db"

    def _set(version: str) -> None:
        with sqlite3.connect(path) as database:
            database.execute("UPDATE meta SET value = ? WHERE name = 'version'", (version,))
        database.close()

    with sqlite3.connect(path) as database:
        [(version,)] = database.execute("SELECT value FROM meta WHERE name = 'version'").fetchall()
    database.close()
    _set("99")
    try:
        yield
    finally:
        _set(version)


def seen(hub: Hub) -> set[int]:
    return {sighting.enroll_id for sighting in hub.terminals[FACE].sightings.latest}


async def test_who_is_inside_and_was_seen_is_unknown_until_the_database_is_there(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, counting: VirtualTerminal, tmp_path: Path
) -> None:
    for enroll_id in (1, 2):
        counting.punch(enroll_id, inout=IN)
        await counting.wait_sent()
    await until_state(hass, SENSOR, "2")
    await counting.stop()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await hass.config_entries.async_unload(entry.entry_id)
    with unusable(tmp_path):
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        hub = entry.runtime_data
        assert seen(hub) == set()
        await counting.start()
        await counting.wait_registered()
        # Home Assistant does not know of the two, and is not to say that nobody is inside.
        counting.punch(2, inout=OUT)
        counting.punch(3, inout=IN)
        await counting.wait_for(lambda: seen(hub) == {2, 3} or None)
        await until_state(hass, SENSOR, "unknown")
    await until_well(hub.ledger)
    await counting.wait_sent()
    await until_state(hass, SENSOR, "2")
    assert {number for number, _ in hub.roll_call.inside} == {1, 3}
    assert seen(hub) == {1, 2, 3}
    await counting.stop()
    await hass.async_block_till_done(wait_background_tasks=True)
