"""Whichever driver is there, and the same from each."""

from copy import replace
from datetime import timedelta
from pathlib import Path
import sys

import pytest

from custom_components.timmy_access.ledger import (
    Cause,
    Ledger,
    LedgerInvalid,
    LedgerUnavailable,
    Pass,
    Person,
    RecordFilter,
)
from custom_components.timmy_access.ledger.drivers import DRIVERS, with_driver
from custom_components.timmy_access.ledger.url import read_url

from .conftest import driver_module
from .servers import Server
from .support import IMPATIENT, NOW, PUNCH, SERIAL, Watch, everything, kept, punch, punches, running

MODULES = {driver.name: driver.module for drivers in DRIVERS.values() for driver in drivers}


def hide(monkeypatch: pytest.MonkeyPatch, *drivers: str) -> None:
    """Let drivers be missing."""
    for driver in drivers:
        monkeypatch.setitem(sys.modules, MODULES[driver], None)


@pytest.mark.parametrize(
    ("written", "hidden", "taken"),
    [
        ("mysql", (), "mysql+mysqldb"),
        ("mysql", ("mysqldb",), "mysql+pymysql"),
        ("mysql", ("pymysql",), "mysql+mysqldb"),
        ("mariadb", (), "mysql+mysqldb"),
        ("mariadb", ("mysqldb",), "mysql+pymysql"),
        ("mysql+mysqldb", (), "mysql+mysqldb"),
        ("mariadb+mysqldb", (), "mysql+mysqldb"),
        ("mysql+mysqldb", ("mysqldb",), "mysql+pymysql"),
        ("mysql+pymysql", (), "mysql+pymysql"),
        ("mariadb+pymysql", (), "mysql+pymysql"),
        ("mysql+pymysql", ("pymysql",), "mysql+mysqldb"),
        ("mariadb+pymysql", ("pymysql",), "mysql+mysqldb"),
        ("postgresql", (), "postgresql+psycopg2"),
        ("postgresql+psycopg2", (), "postgresql+psycopg2"),
        ("postgres", (), "postgresql+psycopg2"),
    ],
)
def test_a_url_keeps_its_driver_where_it_is_there(
    monkeypatch: pytest.MonkeyPatch, written: str, hidden: tuple[str, ...], taken: str
) -> None:
    driver_module(taken.partition("+")[2])
    hide(monkeypatch, *hidden)
    url = with_driver(read_url(f"{written}://timmy:geheim@host:1234/db?charset=utf8mb4"))
    assert url.render_as_string(hide_password=False) == f"{taken}://timmy:geheim@host:1234/db?charset=utf8mb4"


@pytest.mark.parametrize(
    ("scheme", "names"),
    [
        ("mysql", "mysqlclient / PyMySQL"),
        ("mysql+pymysql", "PyMySQL / mysqlclient"),
        ("postgresql", "psycopg2"),
    ],
)
async def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, scheme: str, names: str) -> None:
    hide(monkeypatch, *MODULES)
    async with running(f"{scheme}://timmy:geheim@127.0.0.1/db") as ledger:
        assert (ledger.health.cause, ledger.health.detail) == (Cause.NO_DRIVER, names)
        for refused in (ledger.keep(SERIAL, [PUNCH]), ledger.records(), ledger.people(SERIAL)):
            with pytest.raises(LedgerUnavailable) as caught:
                await refused
            assert (caught.value.cause, caught.value.detail) == (Cause.NO_DRIVER, names)


async def test_driver_is_installed_later(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as without:
        hide(without, *MODULES)
        ledger = Ledger(server.url(server.new_database()), IMPATIENT)
        watch = Watch(ledger)
        await ledger.start()
        assert ledger.health.cause is Cause.NO_DRIVER
    await watch.well()
    assert (await ledger.keep(SERIAL, [PUNCH])).news == 1
    assert await kept(ledger) == [PUNCH]
    await ledger.close()


async def test_driver_that_does_not_load_says_why_and_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Importing a driver reads files, so it is for the threads of the ledger; this one says in which it was."""
    hide(monkeypatch, "pymysql")
    monkeypatch.delitem(sys.modules, "MySQLdb", raising=False)
    (tmp_path / "MySQLdb.py").write_text(
        "import threading\nraise ImportError(f'no libmariadb.so.3 for {threading.current_thread().name}')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    async with running("mysql://timmy:geheim@127.0.0.1/db") as ledger:
        assert ledger.health.detail == "mysqlclient (no libmariadb.so.3 for timmy_access ledger) / PyMySQL"
        with pytest.raises(LedgerUnavailable, match="for timmy_access ledger reader_"):
            await ledger.records()


async def test_each_ledger_speaks_through_its_driver(server: Server) -> None:
    async with running(server.url(server.new_database())) as ledger:
        names = {engine.dialect.driver for engine in ledger._reader._database.engines}
    assert names == {server.scheme.partition("+")[2] or "psycopg2"}


@pytest.mark.xdist_group("mariadb")
@pytest.mark.parametrize(("writes", "reads"), [("mysqldb", "pymysql"), ("pymysql", "mysqldb")])
async def test_what_one_driver_writes_the_other_reads(mariadb: Server, writes: str, reads: str) -> None:
    for driver in (writes, reads):
        driver_module(driver)
    url = read_url(mariadb.url(mariadb.new_database()))
    high, low = 2**63 - 1, -(2**63) + 2
    entries = [
        replace(PUNCH, enroll_id=high, mode=low, reader=0, event=high, verify_mode=low, live=True, temperature=36.6),
        replace(PUNCH, enroll_id=low, time=None, mode=None, reader=None, event=None, live=False, temperature=1e-9),
        punch(
            1,
            name="𠮷 👩🏽 \\ ' \" %s %(x)s %% \x1a\n",
            extra={"note": "🚪 \\ ' \"", "floors": [1, 2.5, None, True]},
        ),
        punch(2, name="", temperature=-0.5, received_at=NOW + timedelta(microseconds=1)),
        *punches(1500, 10, name="天宇 🚪" * 20, extra={"note": "x" * 200}),
    ]
    # Every byte there is, none of it a text.
    hashes = [bytes(range(first, first + 64)) for first in range(0, 256, 64)] + [b"\x00" * 16, b"\xff'\\\"%s" * 6]
    passes = tuple(
        Pass(id=f"Pass{number}", code_hash=digest, name="🎟", document={"note": "🎟 \\"}, created_at=NOW)
        for number, digest in enumerate(hashes)
    )
    people = [
        Person(enroll_id=high, name="👩🏽‍🚀", role=low, enabled=True, slots=(0, 99)),
        Person(enroll_id=low, name=None, role=None, enabled=None, slots=None),
        Person(enroll_id=7, name="", role=0, enabled=False, slots=()),
    ]
    async with running(url.set(drivername=f"mysql+{writes}")) as ledger:
        assert (await ledger.keep(SERIAL, entries[:1000])).news == 1000
        assert (await ledger.keep(SERIAL, entries[1000:])).news == len(entries) - 1000
        await ledger.keep_people(SERIAL, people, complete=True)
        for held in passes:
            await ledger.keep_pass(held)
    async with running(url.set(drivername=f"mysql+{reads}")) as ledger:
        found = await everything(ledger)
        assert [record.entry for record in sorted(found, key=lambda record: record.id)] == entries
        assert {type(record.id) for record in found} == {int}
        assert {type(record.entry.live) for record in found} == {bool}
        assert (await ledger.keep(SERIAL, entries[:1000])).duplicates == 1000
        roster = [replace(person, updated_at=None) for person in await ledger.people(SERIAL)]
        assert roster == sorted(people, key=lambda person: person.enroll_id)
        assert await ledger.passes() == passes
        for held in passes:
            with pytest.raises(LedgerInvalid):
                await ledger.keep_pass(replace(held, id="same code"))
        hours = await ledger.hours()
        counted = [(hour.punches, hour.door_events) for hour in hours.hours]
        assert {type(number) for pair in counted for number in pair} == {int}
        assert await ledger.count(RecordFilter(serials=[SERIAL])) == {SERIAL: len(entries)}
        assert type((await ledger.count())[SERIAL]) is int
