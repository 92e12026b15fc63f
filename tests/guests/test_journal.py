"""Lines that survive whatever ends the process, in room that was there from the beginning."""

from collections.abc import Mapping
import os
from pathlib import Path
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.timmy_access.records import journal as journal_module
from custom_components.timmy_access.records.journal import SLOT_BYTES, SLOTS, Journal, JournalFull

LINE = {"used": "01M8", "serial": "ZX1", "door": 1, "at": "2026-11-26T08:00:00+00:00"}


def contents(path: Path) -> list[Mapping[str, Any]]:
    """Return what another process would find."""
    journal = Journal(path)
    try:
        return [line.content for line in journal.open()]
    finally:
        journal.close()


def test_a_line_is_there_for_the_next_process(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    assert journal.open() == []
    slot = journal.append(LINE)
    assert contents(tmp_path / "journal") == [LINE]
    journal.strike(slot)
    assert contents(tmp_path / "journal") == []
    journal.close()


def test_it_takes_lines_without_growing(tmp_path: Path) -> None:
    """So a disk that is full takes them too."""
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.open()
    size = path.stat().st_size
    assert size == SLOTS * SLOT_BYTES
    for _ in range(SLOTS):
        journal.append(LINE)
    assert path.stat().st_size == size
    with pytest.raises(JournalFull):
        journal.append(LINE)
    journal.strike(3)
    assert journal.append(LINE) == 3
    journal.close()


def test_a_line_that_was_torn_is_none(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.open()
    journal.append(LINE)
    journal.append({**LINE, "door": 2})
    journal.close()
    torn = bytearray(path.read_bytes())
    torn[40:60] = b" " * 20
    path.write_bytes(torn)
    assert contents(path) == [{**LINE, "door": 2}]


def test_a_file_that_was_cut_off_is_filled_up(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.open()
    journal.append(LINE)
    journal.close()
    os.truncate(path, 3 * SLOT_BYTES + 7)
    assert contents(path) == [LINE]
    assert path.stat().st_size == SLOTS * SLOT_BYTES


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.open()
    journal.close()
    assert (tmp_path / "journal").stat().st_mode & 0o077 == 0


def test_what_is_too_long_changes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.open()
    with pytest.raises(ValueError, match="too long"):
        journal.append({"used": "x" * SLOT_BYTES})
    assert contents(tmp_path / "journal") == []
    journal.close()


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.one_of(st.just("append"), st.integers(0, 7)), max_size=40))
def test_what_is_in_it_is_what_was_not_struck_out(
    steps: list[str | int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_module, "SLOTS", 8)
        journal = Journal(path)
        journal.open()
        there: dict[int, int] = {}
        for number, step in enumerate(steps):
            if step != "append":
                if there.pop(int(step), None) is not None:
                    journal.strike(int(step))
            elif len(there) < 8:
                there[journal.append({"number": number})] = number
        assert sorted(line["number"] for line in contents(path)) == sorted(there.values())
        journal.close()
