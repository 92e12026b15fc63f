"""Old databases become new ones in whole steps; newer ones and those of others are left alone."""

import asyncio
from collections.abc import Callable
from contextlib import closing, suppress
from copy import replace
from datetime import UTC, datetime, timedelta
import hashlib
from pathlib import Path
import sqlite3
import threading
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, event, inspect, text
from sqlalchemy.engine import URL

from custom_components.timmy_access.ledger import (
    Cause,
    Kept,
    Ledger,
    LedgerUnavailable,
    Person,
    default_url,
    migrations,
)
from custom_components.timmy_access.ledger.schema import META, TABLES

from .conftest import BACKENDS
from .support import NOW, PUNCH, SERIAL, Watch, engine_at, everything, kept, running
from .test_passes import PASS, USE

VERSION_1 = Path(__file__).parent / "fixtures" / "version_1.sql"
NEWEST = len(migrations.MIGRATIONS)


def run(url: URL, work: Callable[[Connection], Any]) -> Any:
    """Do something with a database, as no ledger would."""
    engine = engine_at(url)
    with engine.begin() as connection:
        result = work(connection)
    engine.dispose()
    return result


def version(url: URL) -> int:
    return int(run(url, lambda connection: connection.scalar(text("SELECT value FROM meta WHERE name = 'version'"))))


def set_version(url: URL, number: int) -> None:
    run(
        url,
        lambda connection: connection.execute(META.update().values(value=str(number)).where(META.c.name == "version")),
    )


def shape(url: URL) -> dict[str, Any]:
    """Return everything a database tells of its tables."""

    def _look(connection: Connection) -> dict[str, Any]:
        inspector = inspect(connection)
        return {
            table: (
                [{**column, "type": str(column["type"])} for column in inspector.get_columns(table)],
                inspector.get_pk_constraint(table)["constrained_columns"],
                sorted(
                    (index["name"], index["column_names"], index["unique"]) for index in inspector.get_indexes(table)
                ),
                sorted(constraint["column_names"] for constraint in inspector.get_unique_constraints(table)),
                sorted(
                    key["constrained_columns"] + key["referred_columns"] for key in inspector.get_foreign_keys(table)
                ),
            )
            for table in sorted(inspector.get_table_names())
        }

    found: dict[str, Any] = run(url, _look)
    return found


def extra_step(connection: Connection) -> None:
    tables = MetaData()
    Table("extra", tables, Column("id", Integer, primary_key=True))
    tables.create_all(connection)


def keep_in_version_1(connection: Connection, *occurred_at: datetime) -> None:
    """Keep punches that arrived at once, or before they occurred."""
    connection.execute(text("INSERT INTO terminals (serial) VALUES (:serial)"), {"serial": SERIAL})
    for at in occurred_at:
        seconds = round(at.timestamp())
        connection.execute(
            text(
                "INSERT INTO records (terminal_id, time, enroll_id, mode, reader, event, occurred_at, received_at,"
                " live) VALUES (1, :time, 17, 1, 0, 0, :occurred, :received, :live)"
            ),
            {
                "time": seconds + 3600,
                "occurred": seconds * 1_000_000,
                "received": round(NOW.timestamp()) * 1_000_000,
                "live": True,
            },
        )


def broken_step(connection: Connection) -> None:
    extra_step(connection)
    connection.execute(text("INSERT INTO nowhere VALUES (1)"))


async def test_file_of_version_1(tmp_path: Path) -> None:
    url = default_url(tmp_path)
    with closing(sqlite3.connect(tmp_path / "timmy_access.db")) as old:
        old.executescript(VERSION_1.read_text())
    async with running(url) as ledger:
        records = await everything(ledger)
        assert [(record.id, record.serial, record.entry.enroll_id, record.entry.name) for record in records] == [
            (1, "ZX00000001", 17, "Ödön"),
            (3, "ZX00000002", 17, None),
            (2, "ZX00000001", 0, None),
        ]
        first, second, _ = (record.entry for record in records)
        assert (first.temperature, first.extra, second.time) == (36.5, {"aliasid": "7"}, None)
        assert (await ledger.keep(records[0].serial, [first])).duplicates == 1
        [person] = await ledger.people("ZX00000001")
        assert replace(person, updated_at=None) == Person(
            enroll_id=17, name="Ödön", role=1, enabled=True, slots=(0, 11)
        )
        await ledger.keep_pass(PASS)
        assert await ledger.keep_pass_use(USE)
    assert version(url) == NEWEST


async def test_steps_lead_to_the_present_tables(url: URL, url_of: Callable[[str], URL], tmp_path: Path) -> None:
    async with running(url):
        pass
    if url.get_backend_name() == "sqlite":
        plain = url.set(database=str(tmp_path / "plain.db"))
    else:
        plain = url_of(url.drivername.replace("mysql+", "mariadb+"))
    run(plain, TABLES.create_all)
    assert shape(url) == shape(plain)


async def test_each_step_is_taken_once(url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
    async with running(url):
        pass
    assert version(url) == 1
    run(url, lambda connection: keep_in_version_1(connection, NOW, NOW + timedelta(days=30)))
    monkeypatch.undo()
    for _ in range(2):
        async with running(url) as ledger:
            assert ledger.health.available
            assert await ledger.count() == {SERIAL: 2}
        assert version(url) == NEWEST


async def test_what_was_kept_under_a_time_to_come_is_kept_apart(url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is from when it arrived, at the latest, and does not swallow what comes at that time."""
    monkeypatch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:3])
    async with running(url):
        pass
    run(url, lambda connection: keep_in_version_1(connection, NOW, NOW + timedelta(days=30)))
    monkeypatch.undo()
    async with running(url) as ledger:
        right, wrong = sorted(await kept(ledger), key=lambda entry: entry.apart or 0)
        assert (right.apart, right.occurred_at, right.is_time_known, right.granted) == (0, NOW, True, None)
        assert (wrong.apart != 0, wrong.occurred_at, wrong.is_time_known) == (True, NOW, False)
        come = replace(PUNCH, time=wrong.time, occurred_at=NOW + timedelta(days=30))
        assert await ledger.keep(SERIAL, [come, right, wrong]) == Kept((True, False, False))


async def test_several_homes_take_the_steps_together(url: URL) -> None:
    ledgers = [Ledger(url) for _ in range(4)]
    try:
        await asyncio.gather(*(ledger.start() for ledger in ledgers))
        kept = [await ledger.keep(SERIAL, [PUNCH]) for ledger in ledgers]
        assert [one.news for one in kept] == [1, 0, 0, 0]
    finally:
        for ledger in ledgers:
            await ledger.close()


async def test_homes_that_open_in_the_same_moment_do_so_both(url: URL) -> None:
    async with running(url):
        pass
    run(url, lambda connection: connection.execute(META.delete().where(META.c.name == "probed_at")))
    together = threading.Barrier(2)

    def _wait_for_each_other(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        # SQLite lets only one write; where both may, both have seen by now that there is no row yet.
        if statement.startswith("INSERT INTO meta"):
            with suppress(threading.BrokenBarrierError):
                together.wait(1.0)

    event.listen(Engine, "before_cursor_execute", _wait_for_each_other)
    ledgers = [Ledger(url) for _ in range(2)]
    try:
        await asyncio.gather(*(ledger.start() for ledger in ledgers))
        assert [ledger.health.available for ledger in ledgers] == [True, True]
    finally:
        event.remove(Engine, "before_cursor_execute", _wait_for_each_other)
        for ledger in ledgers:
            await ledger.close()


async def test_broken_step_leaves_the_version_before(url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is taken again, also by MariaDB, in which half of it was done."""
    async with running(url) as ledger:
        await ledger.keep(SERIAL, [PUNCH])
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, broken_step))
    async with running(url) as ledger:
        assert not ledger.health.available
        with pytest.raises(LedgerUnavailable):
            await ledger.keep(SERIAL, [PUNCH])
        assert version(url) == NEWEST
        if url.get_backend_name() != "mysql":
            assert "extra" not in shape(url)
        # The step is repaired while the ledger looks for its database.
        monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS[:-1], extra_step))
        await Watch(ledger).well()
        assert (await ledger.keep(SERIAL, [PUNCH])).duplicates == 1
    assert version(url) == NEWEST + 1
    assert "extra" in shape(url)


async def test_newer_database_is_neither_changed_nor_read(url: URL) -> None:
    """Until it is one that is understood, as after a backup is restored."""
    async with running(url) as ledger:
        await ledger.keep(SERIAL, [PUNCH])
    set_version(url, NEWEST + 1)
    before = shape(url)
    async with running(url) as ledger:
        assert ledger.health.cause is Cause.TOO_NEW
        assert ledger.health.detail == f"the database has version {NEWEST + 1}, this software understands {NEWEST}"
        for refused in (ledger.keep(SERIAL, [PUNCH]), ledger.records(), ledger.passes(), ledger.forget_people(SERIAL)):
            with pytest.raises(LedgerUnavailable) as caught:
                await refused
            assert caught.value.cause is Cause.TOO_NEW
        assert shape(url) == before
        assert version(url) == NEWEST + 1
        set_version(url, NEWEST)
        await Watch(ledger).well()
        assert await everything(ledger) != []
        assert (await ledger.keep(SERIAL, [PUNCH])).duplicates == 1


async def test_newer_file_is_left_byte_for_byte(tmp_path: Path) -> None:
    """Also one with a log that was not yet carried over, and one of another journal mode."""
    path = tmp_path / "timmy_access.db"
    for mode in ("DELETE", "WAL"):
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path, isolation_level=None)) as newer:
            newer.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003
            newer.execute(f"PRAGMA journal_mode = {mode}")
            newer.execute("CREATE TABLE meta (name, value)")
            newer.execute("INSERT INTO meta VALUES ('version', '99')")
        files = {name: digest(name) for name in (path, tmp_path / "timmy_access.db-wal") if name.exists()}
        async with running(default_url(tmp_path)) as ledger:
            assert ledger.health.cause is Cause.TOO_NEW
        assert {name: digest(name) for name in files} == files


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE records (id INTEGER)",
        "CREATE TABLE meta (id INTEGER)",
        "CREATE TABLE meta (name VARCHAR(64), value VARCHAR(255), more INTEGER)",
    ],
)
async def test_tables_of_others_are_left_alone(url: URL, statement: str) -> None:
    run(url, lambda connection: connection.execute(text(statement)))
    before = shape(url)
    async with running(url) as ledger:
        assert ledger.health.cause is Cause.FOREIGN
        with pytest.raises(LedgerUnavailable) as caught:
            await ledger.keep(SERIAL, [PUNCH])
        assert caught.value.cause is Cause.FOREIGN
        with pytest.raises(LedgerUnavailable) as caught:
            await ledger.records()
        assert caught.value.cause is Cause.FOREIGN
    assert shape(url) == before


async def test_version_of_others_is_left_alone(url: URL) -> None:
    run(url, META.create)
    run(url, lambda connection: connection.execute(META.insert().values(name="version", value="2026.11")))
    async with running(url) as ledger:
        assert ledger.health.cause is Cause.FOREIGN
        assert ledger.health.since <= datetime.now(UTC)


def test_every_backend_is_tested() -> None:
    assert [parameter.values[0] for parameter in BACKENDS] == [
        "sqlite",
        "postgresql",
        "mariadb+mysqldb",
        "mariadb+pymysql",
    ]
