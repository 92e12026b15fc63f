"""Every kind of database, each empty for each test."""

from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from custom_components.timmy_access.ledger import Ledger, default_url
from custom_components.timmy_access.ledger.url import read_url

from . import servers
from .servers import MariaDBServer, PostgreSQLServer, Server
from .support import running

BACKENDS = [
    # One process each, so that no server is started twice.
    pytest.param("sqlite"),
    pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql")),
    pytest.param("mariadb", marks=pytest.mark.xdist_group("mariadb")),
]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    with servers.running(PostgreSQLServer, "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    with servers.running(MariaDBServer, "mysql") as server:
        yield server


@pytest.fixture
def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], URL]:
    """Return the URL of a new database of a kind."""

    def _url(backend: str) -> URL:
        if backend == "sqlite":
            return default_url(tmp_path)
        server: Server = request.getfixturevalue(backend)
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
