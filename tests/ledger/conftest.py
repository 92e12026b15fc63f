"""Every kind of database, each empty for each test."""

from collections.abc import AsyncGenerator, Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy.engine import URL

from custom_components.timmy_access.ledger import Ledger, default_url
from custom_components.timmy_access.ledger.drivers import DRIVERS
from custom_components.timmy_access.ledger.url import read_url

from . import servers
from .servers import MariaDBServer, PostgreSQLServer, Server
from .support import running

# With each driver: they differ in what they raise and return, and Home Assistants differ in which of them they have.
SERVERS = [
    # One process each, so that no server is started twice.
    pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql")),
    pytest.param("mariadb+mysqldb", marks=pytest.mark.xdist_group("mariadb")),
    pytest.param("mariadb+pymysql", marks=pytest.mark.xdist_group("mariadb")),
]
BACKENDS = [pytest.param("sqlite"), *SERVERS]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    with servers.running(PostgreSQLServer, "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    with servers.running(MariaDBServer, "mysql") as server:
        yield server


def driver_module(name: str) -> ModuleType:
    """Return a driver; skips where it is missing, which a machine named CI may not."""
    [driver] = [driver for drivers in DRIVERS.values() for driver in drivers if driver.name == name]
    try:
        return import_module(driver.module)
    except ImportError as err:
        servers.leave_out(f"no {driver.package} here, which scripts/setup installs: {err}")


@pytest.fixture
def server_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Server]:
    """Return the server of a kind; its URLs name the driver, if the kind does."""

    def _server(backend: str) -> Server:
        kind, plus, driver = backend.partition("+")
        if plus:
            driver_module(driver)
        server: Server = request.getfixturevalue(kind)
        monkeypatch.setattr(server, "scheme", f"{type(server).scheme}{plus}{driver}")
        return server

    return _server


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, server_of: Callable[[str], Server]) -> Server:
    return server_of(request.param)


@pytest.fixture
def url_of(server_of: Callable[[str], Server], tmp_path: Path) -> Callable[[str], URL]:
    """Return the URL of a new database of a kind."""

    def _url(backend: str) -> URL:
        if backend == "sqlite":
            return default_url(tmp_path)
        server = server_of(backend)
        return read_url(server.url(server.new_database()))

    return _url


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, url_of: Callable[[str], URL]) -> URL:
    return url_of(request.param)


@pytest.fixture
async def ledger(url: URL) -> AsyncGenerator[Ledger]:
    async with running(url) as ledger:
        yield ledger


@pytest.fixture
def sqlite_url(url_of: Callable[[str], URL]) -> URL:
    return url_of("sqlite")


@pytest.fixture
async def file_ledger(sqlite_url: URL) -> AsyncGenerator[Ledger]:
    async with running(sqlite_url) as ledger:
        yield ledger
