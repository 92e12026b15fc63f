"""Serial numbers and the short numbers that stand for them in the database."""

from collections.abc import Iterable
from itertools import batched

from sqlalchemy import Connection, select

from .limits import LOOKUP_VALUES
from .schema import TERMINALS
from .statements import ask


def serials(connection: Connection) -> dict[int, str]:
    """Return the serial numbers of all terminals that were ever kept, by number."""
    # As the driver gives them: every question asks for all, and many houses together have thousands.
    return dict(ask(connection, "terminals", {}, lambda: select(TERMINALS.c.id, TERMINALS.c.serial)))


def numbers(connection: Connection, wanted: Iterable[str]) -> dict[str, int]:
    """Return the numbers of those terminals that have one."""
    query = TERMINALS.select().where(TERMINALS.c.serial.in_(list(wanted)))
    return {row.serial: row.id for row in connection.execute(query)}


def numbered(connection: Connection, serial: str) -> int:
    """Return the number of a terminal, which gets one if it has none."""
    return all_numbered(connection, [serial])[serial]


def all_numbered(connection: Connection, wanted: Iterable[str]) -> dict[str, int]:
    """Return the numbers of terminals, of which those get one that have none.

    All at once: when a server is back, a hundred terminals report in one transaction.
    """
    found: dict[str, int] = {}
    # In one order, so that two houses never wait for each other.
    for part in batched(sorted(set(wanted)), LOOKUP_VALUES, strict=False):
        found |= numbers(connection, part)
        if missing := [serial for serial in part if serial not in found]:
            connection.execute(TERMINALS.insert(), [{"serial": serial} for serial in missing])
            found |= numbers(connection, missing)
    return found
