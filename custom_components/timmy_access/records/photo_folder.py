"""Sealed photos as files: one folder a key, in it one a terminal, in that one a person.

All of this works on the disk, and so outside of the event loop; whatever is wrong there is an `OSError`. Where a link
stands in the place of a folder, what is behind it is not ours: nothing is read, written, moved or deleted there.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
import os
from pathlib import Path
import re
import shutil
from typing import NamedTuple

from ..terminal.photo import MAX_PHOTO_BYTES, Photo, decode_photo, photo_of
from .photo_key import SEALING_BYTES, PhotoKey
from .private_files import new_file, own

# The name of a photo: the second it was taken in, and what identifies it.
_NAME = re.compile(r"[0-9a-f]{10}-[0-9a-f]{32}")
# What a photo is called.
PLACE = re.compile(rf"[0-9a-f]{{32}}/[0-9a-f]{{32}}/{_NAME.pattern}\Z")
# How a file ends that is not complete.
_HALF_WRITTEN = ".part"
# Where there is no room for a photo so many more are deleted with it, so that not each new one looks through all.
ROOM = 0.9


@dataclass(frozen=True, kw_only=True)
class Shot:
    """What identifies a photo and its record alike: terminal, person, time, and the raw numbers that came with them."""

    serial: str
    enroll_id: int
    occurred_at: datetime
    mode: int | None
    reader: int | None
    event: int | None

    def place(self, key: PhotoKey) -> str:
        """Return where it lies, which is also what it is called."""
        at = self.occurred_at.timestamp()
        which = key.mark("photo", self.serial, self.enroll_id, repr(at), self.mode, self.reader, self.event)
        return "/".join(
            (terminal_mark(key, self.serial), person_mark(key, self.enroll_id), f"{max(0, int(at)):010x}-{which}")
        )


class Found(NamedTuple):
    """How many bytes there are of photos, and how many photos that another key has sealed."""

    size: int
    foreign: int


class _File(NamedTuple):
    taken: int
    size: int
    path: Path


def terminal_mark(key: PhotoKey, serial: str) -> str:
    """Return what the folder of a terminal is called."""
    return key.mark("terminal", serial)


def person_mark(key: PhotoKey, enroll_id: int) -> str:
    """Return what the folders of a person are called."""
    return key.mark("person", enroll_id)


class PhotoFolder:
    """The photos of one listener."""

    def __init__(self, root: Path, key: PhotoKey) -> None:
        """Be in a folder that need not be there yet."""
        self._root = root
        self._key = key
        self._own = root / key.name

    def write(self, shot: Shot, text: str) -> int | None:
        """Keep the photo in a base64 text and return its size; None for what is no photo, or not known whose it is.

        Where two different photos are of what looks like one record, neither is kept.
        """
        if (photo := decode_photo(text)) is None:
            return None
        place = shot.place(self._key)
        path = self._path(place)
        if path.exists():
            if self.read(place) != photo:
                path.write_bytes(b"")  # holds the place, so that no third one is taken for the only one
            return None
        box = self._key.seal(place, photo.data)
        for folder in (self._root, self._own, path.parent.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = new_file(path.parent)
        try:
            partial.write_bytes(box)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return len(box)

    def kept(self, shots: Collection[Shot | None]) -> list[str | None]:
        """Return what the photo of each is called; None where none is kept."""
        return [None if shot is None else self._name_of(shot) for shot in shots]

    def read(self, place: str) -> Photo | None:
        """Return a photo by what it is called; None where it does not open; raises `OSError` where there is none."""
        if not PLACE.match(place):
            raise FileNotFoundError
        with os.fdopen(os.open(self._path(place), os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            box = file.read(MAX_PHOTO_BYTES + SEALING_BYTES + 1)
        data = self._key.unseal(place, box)
        return None if data is None else photo_of(data)

    def tidy(self, before: datetime, limit: int) -> Found:
        """Delete what is older, and the oldest while there are more bytes than `limit`; return what is left.

        Also what was left half written; a file that is none of ours stays.
        """
        files, oldest = [], int(before.timestamp())
        for file in self._files():
            if file.taken < oldest:
                file.path.unlink(missing_ok=True)
            else:
                files.append(file)
        size = sum(file.size for file in files)
        if size > limit:
            files.sort(reverse=True)
            while files and size > limit * ROOM:
                size -= files[-1].size
                files.pop().path.unlink(missing_ok=True)
        _drop_empty(self._root)
        return Found(size, sum(not file.path.is_relative_to(self._own) for file in files))

    def keep_only(self, serials: Collection[str]) -> None:
        """Delete the photos of all other terminals."""
        ours = {terminal_mark(self._key, serial) for serial in serials}
        for folder in _folders(self._own):
            if folder.name not in ours:
                shutil.rmtree(folder)

    def forget(self, enroll_ids: Collection[int]) -> None:
        """Delete the photos of people, of all terminals."""
        names = [person_mark(self._key, enroll_id) for enroll_id in enroll_ids]
        for folder in _folders(self._own):
            for name in names:
                if (folder / name).is_dir() and not (folder / name).is_symlink():
                    shutil.rmtree(folder / name)

    def _path(self, place: str) -> Path:
        """Return where a photo is or would be, in folders that are all ours."""
        path = self._own / place
        for folder in (self._root.parent, self._root, self._own, path.parent.parent, path.parent):
            own(folder)
        return path

    def _name_of(self, shot: Shot) -> str | None:
        place = shot.place(self._key)
        try:
            size = (self._own / place).lstat().st_size
        except FileNotFoundError, NotADirectoryError:
            return None
        return place if size else None

    def _files(self) -> Iterator[_File]:
        for folder, names in _walk(self._root):
            for name in names:
                path = Path(folder, name)
                if not (is_photo := _NAME.fullmatch(name)) and not name.endswith(_HALF_WRITTEN):
                    continue
                taken = int(name.partition("-")[0], 16) if is_photo else 0
                yield _File(taken, path.lstat().st_size, path)


def move(old: Path, new: Path) -> None:
    """Bring the photos of a listener to another folder; those that are there already stay."""
    if not _is_ours(old):
        return
    own(new.parent), own(new)
    for folder, names in _walk(old):
        target = new / Path(folder).relative_to(old)
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            shutil.move(Path(folder, name), target / name)
    delete(old)


def delete(root: Path) -> None:
    """Delete all photos of a listener."""
    if _is_ours(root) and root.exists():
        shutil.rmtree(root)


def _is_ours(root: Path) -> bool:
    return not (root.parent.is_symlink() or root.is_symlink())


def _folders(folder: Path) -> list[Path]:
    if not own(folder).is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]


def _walk(root: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield every folder and the files in it; what cannot be read is not left out but raised."""

    def _raise(err: OSError) -> None:
        raise err

    own(root.parent)
    if own(root).exists():
        for folder, _, names in os.walk(root, onerror=_raise):
            yield folder, names


def _drop_empty(root: Path) -> None:
    for folder, _ in reversed(list(_walk(root))):
        if not any(Path(folder).iterdir()):
            Path(folder).rmdir()
