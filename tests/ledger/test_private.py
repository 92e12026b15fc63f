"""Who came when is for the account of Home Assistant alone, whatever its files are made with otherwise."""

from collections.abc import Iterator
import errno
import os
from pathlib import Path
import stat

import pytest

from custom_components.timmy_access.ledger import default_url

from .support import SERIAL, kept, punch, running

FILES = ("timmy_access.db", "timmy_access.db-shm", "timmy_access.db-wal")


@pytest.fixture(autouse=True)
def lenient() -> Iterator[None]:
    """Let everybody read what is made, as most systems do."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_nobody_else_reads_the_file_nor_what_is_beside_it(tmp_path: Path) -> None:
    async with running(default_url(tmp_path)) as ledger:
        await ledger.keep(SERIAL, [punch()])
        assert modes(tmp_path) == dict.fromkeys(FILES, 0o600)
    assert modes(tmp_path)["timmy_access.db"] == 0o600


async def test_nobody_else_reads_a_file_that_a_link_leads_to_before_it_is_there(tmp_path: Path) -> None:
    """As a link to another disk; SQLite follows it."""
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    for made in (folder, elsewhere):
        made.mkdir()
    (folder / FILES[0]).symlink_to(elsewhere / FILES[0])
    async with running(default_url(folder)) as ledger:
        await ledger.keep(SERIAL, [punch()])
        assert modes(elsewhere) == dict.fromkeys(FILES, 0o600)
        assert [path.name for path in folder.iterdir()] == [FILES[0]]


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM])
async def test_nobody_else_reads_the_file_where_the_system_makes_no_nodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """File systems of user space may not know how to, and some systems let nobody but root."""

    def _refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "mknod", _refuse)
    async with running(default_url(tmp_path)) as ledger:
        await ledger.keep(SERIAL, [punch()])
        assert modes(tmp_path) == dict.fromkeys(FILES, 0o600)


async def test_what_takes_the_place_of_a_corrupt_file_is_private_too(tmp_path: Path) -> None:
    (tmp_path / "timmy_access.db").write_bytes(b"garbage" * 1000)
    async with running(default_url(tmp_path)) as ledger:
        await ledger.keep(SERIAL, [punch()])
        assert ledger.health.set_aside is not None
        assert {name: mode for name, mode in modes(tmp_path).items() if name in FILES} == dict.fromkeys(FILES, 0o600)


async def test_a_file_that_is_there_stays_as_its_owner_has_it(tmp_path: Path) -> None:
    """Another program may have been let read it."""
    async with running(default_url(tmp_path)) as ledger:
        await ledger.keep(SERIAL, [punch()])
    (tmp_path / "timmy_access.db").chmod(0o640)
    async with running(default_url(tmp_path)) as ledger:
        await ledger.keep(SERIAL, [punch(1)])
        assert modes(tmp_path) == dict.fromkeys(FILES, 0o640)
        assert await kept(ledger) == [punch(), punch(1)]
