"""Broken frames: the specification's examples and what was seen in the field, with something wrong in them."""

from collections.abc import Callable, Iterator
import copy
import json
import random
from typing import Any

from scripts.home import REPOSITORY

FIXTURES = REPOSITORY / "tests" / "fixtures"

# Values that code written for the right ones trips over.
STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**31, 2**63, -(2**63), 10**30, 1e308, 0.1),
    *("", " ", "0", "-1", "9" * 400, "NaN", "1e999", "٣", "\u0000", "\u202e\u2028\x1b[31m", "\ud800", "💥" * 80),
    *("'; DROP TABLE records; --", "{{ states }}", "x" * 5000),
    *("2026-02-30 25:61:61", "0000-00-00 00:00:00", "9999-12-31 23:59:59"),
    *([], {}, [[]], [None], {"": ""}, [[[[[[[[1]]]]]]]], list(range(200)), {"cmd": "reg"}),
)
# Pieces that a broken implementation puts into a text.
PIECES = (
    *(b"\x00", b"\xff\xfe", b"\xc3\x28", b"\\u", b"NaN", b"Infinity", b"-"),
    *(b"}", b"{", b"[", b"]", b'"', b"\\", b",", b":"),
)


def examples() -> list[dict[str, Any]]:
    """Return every frame there is, also those that servers send: a peer may say anything."""
    return [
        json.loads(line)["frame"]
        for name in ("frames.jsonl", "captures.jsonl")
        for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines()
    ]


class Mutator:
    """Makes broken frames, the same for the same seed."""

    def __init__(self, seed: int, serial: str) -> None:
        """Speak mostly as one terminal."""
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self._serial = serial
        self._examples = examples()
        self._words = sorted({str(frame.get("cmd") or frame.get("ret")) for frame in self._examples})
        self._changes: tuple[Callable[[dict[str, Any]], None], ...] = (
            self._replace,
            self._replace,
            self._remove,
            self._add,
            self._rename,
            self._repeat,
        )

    def frames(self, count: int) -> Iterator[str | bytes]:
        """Yield so many frames."""
        for _ in range(count):
            yield self.frame()

    def frame(self) -> str | bytes:
        """Return one frame: some of them right, most wrong in their values, many wrong in their bytes."""
        frame = copy.deepcopy(self._random.choice(self._examples))
        if "sn" in frame and self._random.random() < 0.95:  # noqa: PLR2004 - another one ends the connection
            frame["sn"] = self._serial
        for _ in range(self._random.choice((0, 1, 1, 2, 3))):
            self._random.choice(self._changes)(frame)
        data = json.dumps(frame, ensure_ascii=self._random.random() < 0.5).encode("utf-8", "surrogatepass")  # noqa: PLR2004
        if self._random.random() < 0.4:  # noqa: PLR2004
            data = self._bytes(data)
        if self._random.random() < 0.1:  # noqa: PLR2004
            return data
        return data.decode("utf-8", "replace")

    def _places(self, frame: dict[str, Any]) -> list[tuple[Any, Any]]:
        """Return every container with a key in it."""
        found: list[tuple[Any, Any]] = []
        waiting: list[Any] = [frame]
        while waiting:
            value = waiting.pop()
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                found.append((value, key))
                if isinstance(item, dict | list):
                    waiting.append(item)
        return found

    def _replace(self, frame: dict[str, Any]) -> None:
        if places := self._places(frame):
            container, key = self._random.choice(places)
            container[key] = copy.deepcopy(self._random.choice(STRANGE))

    def _remove(self, frame: dict[str, Any]) -> None:
        if places := self._places(frame):
            container, key = self._random.choice(places)
            del container[key]

    def _add(self, frame: dict[str, Any]) -> None:
        donor = self._random.choice(self._examples)
        key = self._random.choice(list(donor))
        frame[key] = copy.deepcopy(donor[key])

    def _rename(self, frame: dict[str, Any]) -> None:
        frame[self._random.choice(("cmd", "ret"))] = self._random.choice(self._words)

    def _repeat(self, frame: dict[str, Any]) -> None:
        lists = [container[key] for container, key in self._places(frame) if isinstance(container[key], list)]
        if lists and (chosen := self._random.choice(lists)):
            chosen.extend(copy.deepcopy(chosen[:20]))

    def _bytes(self, data: bytes) -> bytes:
        for _ in range(self._random.randint(1, 4)):
            at = self._random.randrange(len(data) + 1)
            end = min(len(data), at + self._random.randint(0, 12))
            piece = self._random.choice((b"", self._random.choice(PIECES), self._random.randbytes(3), data[at:end] * 2))
            data = data[:at] + piece + data[end:]
        return data[: self._random.randrange(len(data) + 1)] if self._random.random() < 0.1 else data  # noqa: PLR2004
