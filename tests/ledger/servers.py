"""Database servers of our own, where they are installed."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from typing import NoReturn

import pytest

from scripts.database_servers import LOOPBACK, PASSWORD, USER, MariaDBServer, PostgreSQLServer, Server, serving

__all__ = ["LOOPBACK", "PASSWORD", "USER", "MariaDBServer", "PostgreSQLServer", "Server", "leave_out", "running"]


@contextmanager
def running(kind: type[PostgreSQLServer | MariaDBServer], account: str) -> Iterator[Server]:
    """Run a new server; skips where there is none, which a machine named CI may not."""
    binaries = kind.binaries()
    if binaries is None:
        leave_out(f"no {kind.__doc__} here; scripts/setup installs it")
    with serving(kind, binaries, account) as server:
        yield server


def leave_out(reason: str) -> NoReturn:
    """Skip a test for want of something that a machine named CI must have."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
