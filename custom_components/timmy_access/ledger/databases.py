"""Which class looks after which kind of database."""

from typing import override

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from .database import Database
from .errors import Cause, LedgerUnavailable
from .limits import Limits
from .servers import MariaDB, PostgreSQL
from .sqlite import Sqlite
from .url import read_url

_KINDS: dict[str, type[Database]] = {"mysql": MariaDB, "postgresql": PostgreSQL, "sqlite": Sqlite}


class Nowhere(Database):
    """What a URL leads to that is none."""

    @override
    def create_engines(self) -> tuple[Engine, Engine]:
        raise LedgerUnavailable(Cause.NO_DATABASE)


def database_at(url: str | URL, limits: Limits) -> Database:
    """Return the database at a URL, not opened yet; where it is none, one that can never be."""
    try:
        parsed = read_url(url)
    except LedgerUnavailable:
        return Nowhere(URL.create("nowhere"), limits)
    return _KINDS[parsed.get_backend_name()](parsed, limits)
