"""Frames that say something true in words that nobody agreed on: keys, cases, types, shapes and counts are mixed up.

What `mutations` breaks is mostly no frame any more; here each is one, and of its records is known what they mean.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
import json
import random
from typing import Any

FIRST_TIME = datetime(2020, 1, 1)  # noqa: DTZ001 - terminals speak naive local time
FIRST_ID = 1_000
# How many records a frame has: mostly one, as a live one has.
SIZES = (0, 1, 1, 1, 2, 3)
# Of all values that may be spelt in another way, those that are.
ODD_SHARE = 0.12
WORDS = ("sendlog", "sendlog", "sendlog", "sendlog", "sendlog", "sendrtlog", "senduser", "sendtemp")
LIST_KEYS = ("record", "record", "record", "records", "log", "logs", "items", "data", "Record ")
STRAYS: tuple[Any, ...] = (None, 5, "x", [], [[]], True, {})


@dataclass(frozen=True)
class Truth:
    """What a record means, whatever it looks like: its time is its own, and so is its number."""

    enroll_id: int
    time: datetime

    @property
    def marks(self) -> tuple[str, str]:
        """Return what is found of it wherever it was kept."""
        return str(self.enroll_id), f"{self.time:%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True)
class Said:
    """A frame, its word, and the records in it."""

    data: str | bytes
    word: str
    truths: tuple[Truth, ...]

    @property
    def text(self) -> str:
        """Return the frame as a text."""
        return self.data.decode("utf-8", "replace") if isinstance(self.data, bytes) else self.data


class Speaker:
    """Makes such frames, the same for the same seed; `first` is the number of its first record."""

    def __init__(self, seed: int, first: int = 0) -> None:
        """Speak as one terminal."""
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self._next = first
        self._said = 0

    def frames(self, count: int) -> Iterator[Said]:
        """Yield so many frames."""
        for _ in range(count):
            yield self.frame()

    def frame(self) -> Said:
        """Return the next frame."""
        word = self._random.choice(WORDS)
        if word == "senduser":
            truth = self._truth()
            frame: dict[str, Any] = {
                "enrollid": self._odd_id(truth.enroll_id),
                "name": truth.marks[1],  # by which it is found
                "backupnum": self._odd(0, ["0", None, "x"]),
                "record": "",
            }
            return Said(self._written(word, frame), word, ())
        truths = tuple(self._truth() for _ in range(self._random.choice(SIZES)))
        frame = {"count": self._odd_count(len(truths)), "logindex": self._said}
        # A frame that is the same as one in hand gets no answer of its own.
        self._said += 1
        records = [self._record(truth) for truth in truths]
        frame |= self._wrapped(records)
        return Said(self._written(word, frame), word, truths)

    def _truth(self) -> Truth:
        self._next += 1
        return Truth(FIRST_ID + self._next, FIRST_TIME + timedelta(seconds=self._next))

    def _is_odd(self) -> bool:
        return self._random.random() < ODD_SHARE

    def _odd(self, right: object, others: list[Any]) -> Any:
        return self._random.choice(others) if self._is_odd() else right

    def _odd_id(self, enroll_id: int) -> Any:
        text = str(enroll_id)
        return self._odd(
            enroll_id,
            [
                *(text, text.zfill(30), f" {text} ", f"{text}.0", float(enroll_id), f"+{text}"),
                *(f"A-{text}", f"0x{enroll_id:x}", [enroll_id], {"id": enroll_id}, None, True, "", f"{text} 1"),
            ],
        )

    def _odd_count(self, count: int) -> Any:
        return self._odd(count, [str(count), float(count), None, count + 1, count + 7, 0, -1, "many", True, [count]])

    def _odd_time(self, time: datetime) -> Any:
        text = f"{time:%Y-%m-%d %H:%M:%S}"
        return self._odd(
            text,
            [
                *(text.replace(" ", "T"), f"{text}Z", f" {text} ", text.replace("-", "/"), f"{text}.000"),
                *(f"{text} PM", text.replace(":", "."), f"{time:%d.%m.%Y %H:%M:%S}", None, "", 10**18, [text]),
            ],
        )

    def _record(self, truth: Truth) -> dict[str, Any]:
        record = {
            "enrollid": self._odd_id(truth.enroll_id),
            "time": self._odd_time(truth.time),
            "mode": self._odd(1, ["1", "fp", None, 1.0, [1]]),
            "inout": self._odd(0, ["0", "in", False]),
            "event": self._odd(0, ["0", "opened", None, {}]),
        }
        if self._is_odd():
            record["note"] = {"msg": " ".join(truth.marks)}
        return self._respelt(record)

    def _wrapped(self, records: list[Any]) -> dict[str, Any]:
        key = self._random.choice(LIST_KEYS)
        shapes: list[Callable[[], dict[str, Any]]] = [
            lambda: {key: json.dumps(records)},
            lambda: {key: {str(index): record for index, record in enumerate(records)}},
            lambda: {key: [records]},
            lambda: {key: [*records, self._random.choice(STRAYS)]},
            lambda: {key: {"list": records}},
            lambda: {"record": records[:1], "records": records[1:]},
            lambda: {"record": [], "extra": records},
            lambda: {"record": "", "items": records},
            lambda: {key: [list(record.values()) for record in records]},
            lambda: {key: records[0]} if len(records) == 1 else {key: records},
            lambda: {**records[0]} if len(records) == 1 else {key: records},
        ]
        return self._random.choice(shapes)() if self._is_odd() else {key: records}

    def _respelt(self, said: dict[str, Any]) -> dict[str, Any]:
        return {self._respelt_word(key): value for key, value in said.items()}

    def _respelt_word(self, word: str) -> str:
        others = [word.upper(), word.title(), f"{word} ", f" {word}", f"\t{word.capitalize()}\n"]
        return self._random.choice(others) if self._is_odd() else word

    def _written(self, word: str, frame: dict[str, Any]) -> str | bytes:
        said = {self._respelt_word("cmd"): self._respelt_word(word), **self._respelt(frame)}
        text = json.dumps(said, ensure_ascii=self._is_odd())
        change = self._odd(None, ["comma", "binary", "twice", "gbk", "mark", "cut"])
        if change == "comma":
            return text.replace("]", ",]").replace("[,", "[")
        if change == "twice":
            return f'{{"sn": "?", {text[1:]}'
        if change == "mark":
            return b"\xef\xbb\xbf" + text.encode()
        data = text.encode()
        if change == "gbk":
            return data[:-1] + ', "who": "张三"}'.encode("gbk")
        if change == "cut":
            return data[:-1] + b', "who": "\xe5\xbc"}'
        return data if change == "binary" else text
