"""Where a database is: URLs, of which only harmless parts are ever shown."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from .drivers import DRIVERS
from .errors import Cause, LedgerUnavailable

FILE_NAME = "timmy_access.db"
# What people write before the driver, if any, and the database it means.
_BACKENDS = {
    "mariadb": "mysql",
    "mysql": "mysql",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "sqlite": "sqlite",
}
_PORTS = {"mysql": 3306, "postgresql": 5432}
# Stands for what cannot be shown, as it may be anything.
_NOTHING = "—"


def default_url(folder: Path) -> URL:
    """Return the URL of the SQLite file in a folder; not as a text, which cannot hold every name of a folder."""
    return URL.create("sqlite", database=str(folder / FILE_NAME))


def read_url(text: str | URL) -> URL:
    """Return the URL of a database, with the driver that it names, if any.

    Raises `LedgerUnavailable` for anything else, in words that hold nothing of it.
    """
    url = _parsed(text)
    if url is None or not url.database or url.database == ":memory:":
        raise LedgerUnavailable(Cause.NO_DATABASE)
    written, plus, driver = url.drivername.partition("+")
    backend = _BACKENDS.get(written)
    if backend is None or (plus and driver not in {known.name for known in DRIVERS.get(backend, ())}):
        raise LedgerUnavailable(Cause.NO_DATABASE)
    return url.set(drivername=f"{backend}{plus}{driver}")


def key_of_url(text: str | URL) -> str:
    """Return what the ways to write the URL of one database have in common; secret, and looks for links on the disk."""
    try:
        url = read_url(text)
    except LedgerUnavailable:
        return str(text)
    if url.get_backend_name() == "sqlite":
        return str(url.set(drivername="sqlite", database=str(Path(url.database or "").resolve())))
    host, port = (url.host or "").lower(), url.port or _PORTS.get(url.get_backend_name())
    return url.set(host=host, port=port).render_as_string(hide_password=False)


def shown_url(text: str | URL) -> str:
    """Return what of a URL may be shown, also of one that is none: no user, no password, no options."""
    url = _parsed(text)
    if url is None:
        return _NOTHING
    backend = url.get_backend_name()
    parts = URL.create(_BACKENDS.get(backend, backend), host=url.host, port=url.port, database=url.database)
    return parts.render_as_string()


def _parsed(text: str | URL) -> URL | None:
    """Return a text as a URL; None for one that is none, or that has its password in the wrong places."""
    if isinstance(text, str) and not text.isprintable():  # no driver takes that, each in its own words
        return None
    try:
        url = make_url(text)
    except ArgumentError, ValueError:  # their words may hold the password
        return None
    # An unencoded @ in a password ends it there, and the rest of it is taken for the host, the database or an option.
    if url.get_backend_name() != "sqlite" and ("@" in f"{url.host}{url.database}" or _has_too_many(str(text))):
        return None
    return url


def _has_too_many(text: str) -> bool:
    """Return whether there is an @ besides the one before the host and those in the name of the user."""
    user = text.partition("://")[2].partition(":")[0]
    return text.count("@") > 1 + user.count("@")
