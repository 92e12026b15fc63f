"""Where a database is: URLs, of which only harmless parts are ever shown."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from .errors import LedgerInvalid, Problem

FILE_NAME = "timmy_access.db"
# What people write, and the driver it means: the ones that Home Assistant's images carry.
_DRIVERS = {
    "mariadb": "mysql+pymysql",
    "mariadb+pymysql": "mysql+pymysql",
    "mysql": "mysql+pymysql",
    "mysql+pymysql": "mysql+pymysql",
    "postgresql": "postgresql+psycopg2",
    "postgresql+psycopg2": "postgresql+psycopg2",
    "sqlite": "sqlite",
}


def default_url(folder: Path) -> URL:
    """Return the URL of the SQLite file in a folder; not as a text, which cannot hold every name of a folder."""
    return URL.create("sqlite", database=str(folder / FILE_NAME))


def read_url(text: str | URL) -> URL:
    """Return a URL with the driver to use; raises `LedgerInvalid`, whose words hold nothing of the URL."""
    try:
        url = make_url(text)
    except ArgumentError, ValueError:  # their words may hold the password
        raise LedgerInvalid("db_url", Problem.NOT_A_DATABASE_URL) from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None or not url.database or url.database == ":memory:":
        raise LedgerInvalid("db_url", Problem.NOT_A_DATABASE_URL)
    return url.set(drivername=driver)


def shown(url: URL) -> str:
    """Return what of a URL may be shown: no user, no password, no options."""
    return URL.create(url.get_backend_name(), host=url.host, port=url.port, database=url.database).render_as_string()
