"""Drivers of database servers, of which Home Assistant has some or none."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from sqlalchemy.engine import URL

from .errors import Cause, LedgerUnavailable


@dataclass(frozen=True)
class Driver:
    """A driver: its name in a URL, the module that it is, and the package that people install."""

    name: str
    module: str
    package: str


# By the database, the ones that Home Assistant's images carry first.
DRIVERS: Mapping[str, tuple[Driver, ...]] = {
    "mysql": (Driver("mysqldb", "MySQLdb", "mysqlclient"), Driver("pymysql", "pymysql", "PyMySQL")),
    "postgresql": (Driver("psycopg2", "psycopg2", "psycopg2"),),
}


def with_driver(url: URL) -> URL:
    """Return the URL of a server with a driver that is there: the one that it names, else the first.

    Imports the driver, which takes time. Raises `LedgerUnavailable` naming all that would do where there is none.
    """
    backend, _, named = url.drivername.partition("+")
    missing: list[str] = []
    for driver in sorted(DRIVERS[backend], key=lambda driver: driver.name != named):
        try:
            import_module(driver.module)
        except ImportError as err:
            # One that is there and does not load, for want of a library say, must not be looked for in vain.
            is_absent = isinstance(err, ModuleNotFoundError) and err.name == driver.module
            missing.append(driver.package if is_absent else f"{driver.package} ({err})")
        else:
            return url.set(drivername=f"{backend}+{driver.name}")
    raise LedgerUnavailable(Cause.NO_DRIVER, " / ".join(missing))
