"""Doors do not wait for the database, whatever keeps it from being used; and all goes on when it can be."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
import sqlite3
import sys
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Ledger, RecordFilter
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulator import VirtualTerminal
from tests.ledger import servers
from tests.ledger.servers import MariaDBServer, Server

from ..conftest import FINGER, MakeTerminal
from ..services.test_actions import act
from ..until import TEXTS, listen, until

pytestmark = pytest.mark.usefixtures("moments_shown")

# The ledger looks for its database with pauses that begin at one second and double.
SECONDS = 30.0


@pytest.fixture(scope="module")
def mariadb() -> Iterator[Server]:
    with servers.running(MariaDBServer, "mysql") as server:
        yield server


async def started(hass: HomeAssistant, entry: MockConfigEntry, url: str | None) -> Hub:
    """Start the listener with a database."""
    hass.config_entries.async_update_entry(entry, options={"db_url": url} if url else {})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    hub: Hub = entry.runtime_data
    return hub


async def dialled_in(terminal: VirtualTerminal) -> VirtualTerminal:
    """Dial in; what waits for the database in the background is not waited for."""
    await terminal.start()
    await terminal.wait_registered()
    await terminal.wait_received("getdevlock")
    return terminal


async def check_doors(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> list[Any]:
    """Punch, open the door, and return the events, of which more may come; nothing is acknowledged."""
    heard = listen(hass, "timmy_access_event")
    finger.punch(1)
    await until(hass, "event.office_access", lambda state: state.attributes.get("enroll_id") == 1)
    sent = len(finger.sent)
    opened = finger.doors[1].openings
    await act(hass, hub, FINGER, "open_door", door=1)
    await finger.wait_opened(1, after=opened)
    await finger.wait_transmitted("sendlog", after=sent)  # again, as it was not acknowledged
    assert finger.unsent == 1
    return heard


def repair(hass: HomeAssistant, ledger: Ledger) -> str | None:
    """Return what the repairs say about a database."""
    issue = ir.async_get(hass).async_get_issue("timmy_access", f"database_{ledger.name}")
    if issue is None or issue.translation_key is None:
        return None
    description: str = TEXTS["issues"][issue.translation_key]["description"]
    return description.format(**(issue.translation_placeholders or {}))


async def until_well(ledger: Ledger) -> None:
    changed = asyncio.Event()
    unsubscribe = ledger.subscribe(lambda _: changed.set())
    async with asyncio.timeout(SECONDS):
        while not ledger.health.available:
            changed.clear()
            await changed.wait()
    unsubscribe()


async def check_kept(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, heard: list[Any]) -> None:
    """Wait until what the terminal held back is kept, once, and was told once."""
    await until_well(hub.ledger)
    await finger.wait_sent(timeout=SECONDS)
    await hass.async_block_till_done()
    assert await hub.ledger.count(RecordFilter(serials=[FINGER])) == {FINGER: 1}
    assert [event.data["enroll_id"] for event in heard if event.data["type"] == "access"] == [1]
    assert repair(hass, hub.ledger) is None


@pytest.mark.xdist_group("mariadb")
async def test_doors_work_without_a_driver_and_records_are_kept_once_it_is_there(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    make_terminal: MakeTerminal,
    mariadb: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as without:
        for module in ("MySQLdb", "pymysql"):
            without.setitem(sys.modules, module, None)
        hub = await started(hass, entry, mariadb.url(mariadb.new_database()))
        finger = await dialled_in(make_terminal("tfs30", FINGER))
        heard = await check_doors(hass, hub, finger)
        said = repair(hass, hub.ledger)
        assert said is not None
        assert f"lacks the driver of {hub.ledger.name}. " in said
        assert "mysqlclient / PyMySQL" in said
    await check_kept(hass, hub, finger, heard)
    await finger.stop()
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_doors_work_with_a_database_of_a_newer_version_which_is_left_as_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, make_terminal: MakeTerminal, tmp_path: Path
) -> None:
    path = tmp_path / "timmy_access.db"
    hub = await started(hass, entry, None)
    assert await hass.config_entries.async_unload(entry.entry_id)
    with sqlite3.connect(path) as newer:
        newer.execute("UPDATE meta SET value = '99' WHERE name = 'version'")
    newer.close()
    content = path.read_bytes()
    hub = await started(hass, entry, None)
    finger = await dialled_in(make_terminal("tfs30", FINGER))
    heard = await check_doors(hass, hub, finger)
    assert "was written by a newer version of Timmy Access" in (repair(hass, hub.ledger) or "")
    assert path.read_bytes() == content
    with sqlite3.connect(path) as older:
        older.execute("UPDATE meta SET value = '2' WHERE name = 'version'")
    older.close()
    await check_kept(hass, hub, finger, heard)
    await finger.stop()
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_doors_work_with_a_url_that_is_none(
    hass: HomeAssistant, entry: MockConfigEntry, make_terminal: MakeTerminal, caplog: pytest.LogCaptureFixture
) -> None:
    hub = await started(hass, entry, "oracle://house:secret@db.example/doors")
    finger = await dialled_in(make_terminal("tfs30", FINGER))
    await check_doors(hass, hub, finger)
    assert "as its database is none (oracle://db.example/doors)" in (repair(hass, hub.ledger) or "")
    assert "secret" not in caplog.text
    await finger.stop()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert repair(hass, hub.ledger) is None
