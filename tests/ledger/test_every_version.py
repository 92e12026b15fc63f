"""A database of any version before this one becomes a present one, and keeps what it has."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, MetaData, Table, inspect
from sqlalchemy.engine import URL

from custom_components.timmy_access.ledger import Ledger, Person, migrations

from .support import NOW, PUNCH, SERIAL, running
from .test_houses import ADDED, ITEMS, correction, unread
from .test_migrations import NEWEST, keep_in_version_1, run, shape, version
from .test_passes import PASS, USE

# The first version that has them.
PASSES, NAMES, UNREAD, HOUSE, CORRECTIONS = 2, 3, 6, 7, 8
ADA = Person(enroll_id=17, name="Ada", role=0, enabled=True, slots=(0, 11))
# Of every database, and not of what is kept in it.
OF_ITSELF = frozenset({"meta"})


async def furnish(ledger: Ledger, number: int) -> None:
    """Keep something of everything that a version knows, as it knew it."""
    if number >= PASSES:
        await ledger.keep_pass(PASS)
        assert await ledger.keep_pass_use(USE)
    if number >= NAMES:
        await ledger.keep_people(SERIAL, [ADA], complete=True)
    if number >= UNREAD:
        await ledger.keep_unread(SERIAL, [unread("before")])
    if number >= HOUSE:
        await ledger.keep_house("ours", ITEMS, [ADDED])
    if number >= CORRECTIONS:
        await ledger.add_punch(correction(SERIAL, "Forgot it"))


def kept_in(url: URL) -> dict[str, list[dict[str, object]]]:
    """Return every row of a database, by table."""

    def _read(connection: Connection) -> dict[str, list[dict[str, object]]]:
        found: dict[str, list[dict[str, object]]] = {}
        for name in sorted(set(inspect(connection).get_table_names()) - OF_ITSELF):
            table = Table(name, MetaData(), autoload_with=connection)
            rows = connection.execute(table.select().order_by(*table.primary_key)).mappings()
            found[name] = [dict(row) for row in rows]
        return found

    found: dict[str, list[dict[str, object]]] = run(url, _read)
    return found


async def made_in(url: URL, number: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, object]]]:
    """Make a database as a version before made it, and return what is in it."""
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:number])
        async with running(url) as ledger:
            assert ledger.health.available
            run(url, lambda connection: keep_in_version_1(connection, NOW, NOW - timedelta(days=1)))
            await furnish(ledger, number)
        assert version(url) == number
        return kept_in(url)


@pytest.mark.parametrize("number", range(1, NEWEST))
async def test_what_is_in_a_database_of_any_version_stays(
    url: URL, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the next step was interrupted when all but the version was written, as MariaDB may leave it."""
    before = await made_in(url, number, monkeypatch)
    assert len(before["records"]) == 2
    run(url, migrations.MIGRATIONS[number])
    assert version(url) == number
    async with running(url) as ledger:
        assert ledger.health.available
        after = kept_in(url)
        for table, rows in before.items():
            assert [{column: row[column] for column in rows[0]} for row in after[table] if rows] == rows, table
        assert await ledger.count() == {SERIAL: 2}
        assert await ledger.house("ours") == (ITEMS if number >= HOUSE else ())
        assert (await ledger.house_changes("ours")).changes == ((ADDED,) if number >= HOUSE else ())
        # And everything that a present database takes is taken by this one.
        assert (await ledger.keep(SERIAL, [PUNCH])).duplicates == 1
        await ledger.keep_pass(PASS)
        await ledger.keep_people(SERIAL, [ADA], complete=True)
        await ledger.keep_unread(SERIAL, [unread("after")])
        await ledger.keep_house("ours", ITEMS)
        await ledger.add_punch(correction(SERIAL, "Forgot it too", NOW + timedelta(hours=2)))
        assert await ledger.house("ours") == ITEMS
    assert version(url) == NEWEST


async def test_all_versions_lead_to_the_same_tables(
    sqlite_url: URL, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(sqlite_url):
        pass
    wanted = shape(sqlite_url)
    for number in range(1, NEWEST):
        old = sqlite_url.set(database=str(tmp_path_factory.mktemp("old") / "timmy_access.db"))
        await made_in(old, number, monkeypatch)
        async with running(old):
            pass
        assert shape(old) == wanted, number
