"""What every test gets: real loopback sockets, and no swallowed set-up or unload error."""

from collections.abc import Generator

import pytest

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


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "expects_lifecycle_error: this test provokes a set-up or unload error")


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
        record.getMessage()
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if any(mark in record.getMessage() for mark in SWALLOWED)
    ]
    assert not swallowed
