"""How the tables came to be as they are: one function a version, each of which never changes again.

Every step and the version it leads to are one transaction, so that an interrupted one begins anew. MariaDB commits
each change of a table by itself; there a step that was interrupted is run again, so each must bear that.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.schema import CreateColumn

from .columns import (
    COUNTED_TABLE,
    EXACT,
    TABLE,
    apart,
    counted,
    digest,
    exact,
    method,
    outcome,
    person_name,
    sealed,
    terminal,
    whole,
)
from .errors import Cause, LedgerUnavailable
from .schema import META

VERSION = "version"

type Migration = Callable[[Connection], None]


def version_of(connection: Connection) -> int:
    """Return the version of a database, 0 for an empty one.

    Raises `LedgerUnavailable` where the tables are of a newer version of this software, or somebody else's.
    """
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    if META.name not in present:
        if present & {"passes", "people", "records", "terminals"}:
            raise LedgerUnavailable(Cause.FOREIGN, "tables of that name are there already")
        return 0
    if {column["name"] for column in inspector.get_columns(META.name)} != set(META.c.keys()):
        raise LedgerUnavailable(Cause.FOREIGN, "the table 'meta' is somebody else's")
    found = connection.scalar(META.select().with_only_columns(META.c.value).where(META.c.name == VERSION))
    try:
        version = int(found or 0)
    except ValueError:
        raise LedgerUnavailable(Cause.FOREIGN, "the table 'meta' has no version of ours") from None
    if version > len(MIGRATIONS):
        raise LedgerUnavailable(
            Cause.TOO_NEW, f"the database has version {version}, this software understands {len(MIGRATIONS)}"
        )
    return version


def migrate(connection: Connection, version: int) -> None:
    """Bring a database of the version before to `version`, all but the commit."""
    MIGRATIONS[version - 1](connection)
    connection.execute(META.delete().where(META.c.name == VERSION))
    connection.execute(META.insert().values(name=VERSION, value=str(version)))


def _records_and_people(connection: Connection) -> None:
    tables = MetaData()
    Table(
        "meta",
        tables,
        Column("name", String(64), primary_key=True),
        Column("value", String(255), nullable=False),
        **TABLE,
    )
    Table("terminals", tables, counted(), exact("serial", unique=True), **COUNTED_TABLE)
    Table(
        "records",
        tables,
        counted(),
        terminal(),
        whole("time"),
        whole("enroll_id"),
        whole("mode"),
        whole("reader"),
        whole("event"),
        whole("verify_mode", empty=True),
        person_name(),
        Column("temperature", Float(53)),
        Column("extra", Text),
        whole("occurred_at"),
        whole("received_at"),
        Column("live", Boolean, nullable=False),
        Index("records_identity", "terminal_id", "time", "enroll_id", "mode", "reader", "event", unique=True),
        Index("records_occurred", "occurred_at"),
        Index("records_terminal", "terminal_id", "occurred_at"),
        Index("records_person", "enroll_id", "occurred_at"),
        **COUNTED_TABLE,
    )
    Table(
        "people",
        tables,
        terminal(primary=True),
        whole("enroll_id", primary=True),
        person_name(),
        whole("role", empty=True),
        Column("enabled", Boolean),
        Column("slots", String(255)),
        whole("updated_at"),
        **TABLE,
    )
    _create(connection, tables)


def _passes(connection: Connection) -> None:
    tables = MetaData()
    Table("terminals", tables, counted(), exact("serial", unique=True), **COUNTED_TABLE)
    Table(
        "passes",
        tables,
        exact("id", primary=True),
        digest("code_hash"),
        person_name(),
        Column("document", Text, nullable=False),
        whole("revoked_at", empty=True),
        whole("created_at"),
        **TABLE,
    )
    Table(
        "pass_uses",
        tables,
        counted(),
        Column("pass_id", EXACT, ForeignKey("passes.id"), nullable=False),
        terminal(),
        whole("door"),
        whole("used_at"),
        Index("pass_uses_identity", "pass_id", "used_at", "terminal_id", "door", unique=True),
        **COUNTED_TABLE,
    )
    _create(connection, tables)


def _names(connection: Connection) -> None:
    """Note who has which number; from now on a record is called what its number was called then.

    The database also gets a name of its own, by which whoever counts its records tells it from another one.
    """
    connection.execute(META.delete().where(META.c.name == "identity"))
    connection.execute(META.insert().values(name="identity", value=uuid4().hex))
    tables = MetaData()
    Table("terminals", tables, counted(), exact("serial", unique=True), **COUNTED_TABLE)
    people = Table("people", tables, terminal(primary=True), whole("enroll_id", primary=True), person_name(), **TABLE)
    names = Table(
        "names",
        tables,
        terminal(primary=True),
        whole("enroll_id", primary=True),
        whole("since", primary=True),
        person_name(),
        **TABLE,
    )
    names.create(connection, checkfirst=True)
    connection.execute(names.delete())  # of a step that was interrupted
    # The lowest number that a column holds: since ever.
    known = select(people.c.terminal_id, people.c.enroll_id, literal(-(2**63 - 2), BigInteger), people.c.name)
    connection.execute(
        names.insert().from_select(
            ["terminal_id", "enroll_id", "since", "name"], known.where(people.c.name.is_not(None), people.c.name != "")
        )
    )


def _told_apart(connection: Connection) -> None:
    """Let records be told apart whose time does not, and keep apart those that were kept under a time to come.

    What has arrived before its own time, by more than clocks differ, gets the time at which it arrived.
    """
    _add_columns(connection, "records", apart())
    identity = ("terminal_id", "time", "enroll_id", "mode", "reader", "event", "apart")
    records = Table("records", MetaData(), *(whole(name) for name in (*identity, "occurred_at", "received_at")))
    index = Index("records_identity", *(records.c[name] for name in identity), unique=True)
    present = {one["name"]: one["column_names"] for one in inspect(connection).get_indexes("records")}
    if present.get(index.name) != list(identity):
        index.drop(connection, checkfirst=True)
        index.create(connection)
    connection.execute(
        records.update()
        .where(records.c.occurred_at > records.c.received_at + 10_000_000)
        .values(apart=records.c.received_at, occurred_at=records.c.received_at)
    )


def _outcomes(connection: Connection) -> None:
    """Let a record tell what became of its punch; of those that are kept it is not known."""
    _add_columns(connection, "records", *outcome())


def _add_columns(connection: Connection, table: str, *columns: Column[Any]) -> None:
    """Add columns to a table, but for those that an interrupted step left in MariaDB."""
    present = {column["name"] for column in inspect(connection).get_columns(table)}
    Table(table, MetaData(), *columns)
    for column in columns:
        if column.name not in present:
            said = CreateColumn(column).compile(dialect=connection.dialect)
            connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {said}"))


def _unread(connection: Connection) -> None:
    tables = MetaData()
    Table("terminals", tables, counted(), exact("serial", unique=True), **COUNTED_TABLE)
    Table(
        "unread",
        tables,
        counted(),
        terminal(),
        digest("digest"),
        Column("word", String(64), nullable=False),
        Column("document", Text, nullable=False),
        Column("kept_as", String(255)),
        whole("received_at"),
        Index("unread_terminal", "terminal_id", "id"),
        **COUNTED_TABLE,
    )
    Table(
        "unread_tally",
        tables,
        terminal(primary=True),
        whole("kept"),
        whole("characters"),
        whole("left_out"),
        **TABLE,
    )
    _create(connection, tables)


def _house(connection: Connection) -> None:
    tables = MetaData()
    Table(
        "house_people",
        tables,
        exact("house", primary=True),
        exact("person_id", primary=True),
        Column("document", Text, nullable=False),
        **TABLE,
    )
    Table(
        "house_groups",
        tables,
        exact("house", primary=True),
        exact("group_id", primary=True),
        Column("document", Text, nullable=False),
        **TABLE,
    )
    Table(
        "house_credentials",
        tables,
        exact("house", primary=True),
        exact("person_id", primary=True),
        whole("slot", primary=True),
        Column("document", Text, nullable=False),
        sealed("sealed"),
        **TABLE,
    )
    Table(
        "placements",
        tables,
        exact("house", primary=True),
        exact("serial", primary=True),
        whole("enroll_id", primary=True),
        Column("document", Text, nullable=False),
        **TABLE,
    )
    Table(
        "tombstones",
        tables,
        exact("house", primary=True),
        exact("serial", primary=True),
        whole("enroll_id", primary=True),
        Column("document", Text, nullable=False),
        **TABLE,
    )
    Table(
        "house_terminals",
        tables,
        exact("house", primary=True),
        exact("serial", primary=True),
        Column("document", Text, nullable=False),
        **TABLE,
    )
    Table(
        "house_changes",
        tables,
        counted(),
        exact("house"),
        Column("person_id", EXACT),
        whole("changed_at"),
        Column("document", Text, nullable=False),
        Index("house_changes_house", "house", "id"),
        Index("house_changes_person", "house", "person_id", "id"),
        Index("house_changes_time", "house", "changed_at"),
        **COUNTED_TABLE,
    )
    _create(connection, tables)


def _corrections(connection: Connection) -> None:
    tables = MetaData()
    Table("terminals", tables, counted(), exact("serial", unique=True), **COUNTED_TABLE)
    Table(
        "corrections",
        tables,
        counted(),
        terminal(),
        whole("enroll_id"),
        person_name(),
        whole("occurred_at"),
        whole("record_id", empty=True),
        Column("way", String(8)),
        person_name("reason"),
        whole("made_at"),
        Column("made_by", EXACT),
        whole("removed_at", empty=True),
        Column("removed_by", EXACT),
        Index("corrections_terminal", "terminal_id", "occurred_at"),
        **COUNTED_TABLE,
    )
    _create(connection, tables)


def _methods(connection: Connection) -> None:
    """Let records be looked up by how somebody was verified, and by where and how a person was."""
    _add_columns(connection, "records", method())
    names = ("enroll_id", "occurred_at", "id", "terminal_id", "method")
    records = Table("records", MetaData(), *(whole(name) for name in names))
    present = {one["name"]: one["column_names"] for one in inspect(connection).get_indexes("records")}
    for index in (
        Index("records_person", *(records.c[name] for name in names)),
        Index("records_method", records.c.terminal_id, records.c.method, records.c.occurred_at),
    ):
        if present.get(index.name) != list(index.columns.keys()):
            index.drop(connection, checkfirst=True)
            index.create(connection)


def _create(connection: Connection, tables: MetaData) -> None:
    """Create tables and indexes, but for those that an interrupted step left in MariaDB."""
    tables.create_all(connection)
    for table in tables.sorted_tables:
        for index in table.indexes:
            index.create(connection, checkfirst=True)


MIGRATIONS: tuple[Migration, ...] = (
    _records_and_people,
    _passes,
    _names,
    _told_apart,
    _outcomes,
    _unread,
    _house,
    _corrections,
    _methods,
)
