"""What every test gets: real loopback sockets, and no swallowed set-up or unload error."""

import asyncio
from collections.abc import Generator
import itertools
import logging
from pathlib import Path
import sys
from typing import NamedTuple

from hypothesis import HealthCheck, settings
import pytest

from custom_components.timmy_access import unhurried

# How long a machine takes is no property of what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# What Home Assistant logs when it swallows an error of an integration and goes on without it.
SWALLOWED = (
    "Error setting up entry",
    "Error unloading entry",
    "Error during setup of component",
    "Error adding entity",
    "Error doing job",
    "Not adding entity, error",
    "Setup failed for",
    "Update for",
    "async_setup_entry did not return",
    "does not generate unique IDs",
    "entity registry error",
    "has already been setup",
    "never loaded",
    "Task exception was never retrieved",
    "Unable to remove unknown",
)


# What writes a line for each statement, event or connection. All lines of all tests are kept, and each is formatted: a
# tenth of the time, for lines that nobody reads.
CHATTY = ("asyncio", "homeassistant", "sqlalchemy")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="in full: what takes long and rarely finds anything")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "expects_lifecycle_error: this test provokes a set-up or unload error")
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.INFO if name == "homeassistant" else logging.WARNING)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)  # the plugin asks for every statement


class Rest(NamedTuple):
    """A rest that long work of a thread has taken: its seconds, and the module that has taken the next thing then."""

    seconds: float
    module: str


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[Rest]:
    """Return the rests that are taken; each thing takes 0.4 ms of work, so each third one is followed by a rest."""
    taken: list[Rest] = []
    ticks = itertools.count()

    def rest(seconds: float) -> None:
        # Of whoever asks the generator for the next thing.
        taken.append(Rest(seconds, Path(sys._getframe(2).f_code.co_filename).stem))

    monkeypatch.setattr(unhurried, "perf_counter", lambda: next(ticks) * 0.4 * 0.001)
    monkeypatch.setattr(unhurried, "sleep", rest)
    return taken


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether everything is to be tried in full (`--long`), and not in its short form."""
    long: bool = request.config.getoption("long")
    return long


@pytest.fixture(autouse=True)
async def enable_event_loop_debug(is_long: bool) -> None:
    """Take the place of the plugin's fixture: in debug mode asyncio notes a traceback of each future.

    That is a third of the time of all tests.
    """
    asyncio.get_running_loop().set_debug(is_long)


@pytest.fixture(autouse=True)
def _loopback(socket_enabled: None) -> None:
    """Real sockets; the plugin keeps them to 127.0.0.1."""


@pytest.fixture(autouse=True)
def _lifecycle_tripwire(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Generator[None]:
    """Fail a test in which Home Assistant swallowed an error. Blind to what is not logged."""
    yield
    if request.node.get_closest_marker("expects_lifecycle_error"):
        return
    swallowed = [
        f"{record.getMessage()} {record.exc_info[1]!r}" if record.exc_info else record.getMessage()
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if any(mark in record.getMessage() for mark in SWALLOWED)
    ]
    assert not swallowed
