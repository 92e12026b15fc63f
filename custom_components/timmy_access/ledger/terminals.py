"""Serial numbers and the short numbers that stand for them in the database."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from .schema import TERMINALS


def serials(connection: Connection) -> dict[int, str]:
    """Return the serial numbers of all terminals that were ever kept, by number."""
    # As the driver gives them: every question asks for all, and many houses together have thousands.
    return dict(connection.execute(select(TERMINALS.c.id, TERMINALS.c.serial)).cursor.fetchall())


def numbers(connection: Connection, wanted: Iterable[str]) -> dict[str, int]:
    """Return the numbers of those terminals that have one."""
    query = TERMINALS.select().where(TERMINALS.c.serial.in_(list(wanted)))
    return {row.serial: row.id for row in connection.execute(query)}


def numbered(connection: Connection, serial: str) -> int:
    """Return the number of a terminal, which gets one if it has none."""
    found = numbers(connection, [serial]).get(serial)
    if found is not None:
        return found
    connection.execute(TERMINALS.insert().values(serial=serial))
    return numbers(connection, [serial])[serial]
