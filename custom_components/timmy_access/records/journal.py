"""What the database has not heard of yet, on the disk all the same: uses of passes, and what was closed.

A small file of slots of a fixed size, with room for all of them from the beginning, so that also a disk that is full
takes another line. A line is on the disk when `append` returns. It is struck out once the database has it; lines that
are found at a start are of a process that ended before that.

Everything here blocks and raises OSError; it belongs to one thread at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import json
import os
from pathlib import Path
from typing import Any
import zlib

# A line has a pass, a terminal, a door and a time: some 150 bytes, with room for what a later version adds.
SLOT_BYTES = 512
# Lines that wait for a database: a day of a hotel with fifty rooms, in 256 kB.
SLOTS = 512
# The checksum before each line, in hexadecimal.
_SUM_BYTES = 8
_EMPTY = b" " * (SLOT_BYTES - 1) + b"\n"


class JournalFull(OSError):
    """Every slot holds a line that the database has not heard of."""


@dataclass(frozen=True)
class Line:
    """One line and the slot it lies in."""

    slot: int
    content: Mapping[str, Any]


class Journal:
    """Lines that survive the end of the process, in one file."""

    def __init__(self, path: Path) -> None:
        """Belong to a file, which need not be there yet."""
        self.path = path
        self._file: int | None = None
        self._free: list[int] = []

    def open(self) -> list[Line]:
        """Open the file and return the lines in it; torn ones were never promised.

        Where there is no file it is made with all its room, and its folder.
        """
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            if os.fstat(file).st_size < SLOTS * SLOT_BYTES:
                self._make_room(file)
            lines: list[Line] = []
            free: list[int] = []
            for slot in range(SLOTS):
                content = _read(os.pread(file, SLOT_BYTES, slot * SLOT_BYTES))
                if content is None:
                    free.append(slot)
                else:
                    lines.append(Line(slot, content))
        except BaseException:
            os.close(file)
            raise
        self._file, self._free = file, free[::-1]
        return lines

    def append(self, content: Mapping[str, Any]) -> int:
        """Write a line to the disk, and return its slot; raises `JournalFull`, and ValueError for one too long."""
        if self._file is None:
            self.open()
        if not self._free:
            raise JournalFull
        slot = self._free[-1]
        self._write(slot, _line(content))
        self._free.pop()
        return slot

    def strike(self, slot: int) -> None:
        """Make room again: the database has heard of a line."""
        self._write(slot, _EMPTY)
        self._free.append(slot)

    def close(self) -> None:
        """Close the file; what is in it stays."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._free = []

    def _make_room(self, file: int) -> None:
        lines = os.pread(file, SLOTS * SLOT_BYTES, 0)
        room = _EMPTY * SLOTS
        os.pwrite(file, lines + room[len(lines) :], 0)
        os.fsync(file)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _write(self, slot: int, line: bytes) -> None:
        if self._file is None:
            raise OSError("not open")
        os.pwrite(self._file, line, slot * SLOT_BYTES)
        os.fsync(self._file)


def _line(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(dict(content)).encode()
    line = b"%08x" % zlib.crc32(text) + text
    if len(line) >= SLOT_BYTES:
        raise ValueError("too long for a slot")
    return line.ljust(SLOT_BYTES - 1) + b"\n"


def _read(line: bytes) -> dict[str, Any] | None:
    """Return what a slot holds; None for an empty one, and for one that was torn while it was written."""
    text = line[_SUM_BYTES:].strip()
    try:
        if not text or int(line[:_SUM_BYTES], 16) != zlib.crc32(text):
            return None
        content = json.loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
