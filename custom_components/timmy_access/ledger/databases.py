"""Which class looks after which kind of database."""

from sqlalchemy.engine import URL

from .database import Database
from .limits import Limits
from .servers import MariaDB, PostgreSQL
from .sqlite import Sqlite

_KINDS: dict[str, type[Database]] = {"mysql": MariaDB, "postgresql": PostgreSQL, "sqlite": Sqlite}


def database_at(url: URL, limits: Limits) -> Database:
    """Return the database at a URL of `read_url`, not opened yet."""
    return _KINDS[url.get_backend_name()](url, limits)
