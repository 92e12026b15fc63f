"""Frames that may be dear: built of genes, so that a search can change one and see what that costs.

A gene says how many, how long, how deep or of which sort. Everything stays within what a peer can send at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
import random
from typing import Any

from websockets.frames import Frame, Opcode

# What a peer may send in one message, once it is admitted and before.
MOST_BYTES = 4 * 1024 * 1024 - 512
MOST_UNADMITTED_BYTES = 16 * 1024 - 256

# Words that mean something, some that servers say, and one that means nothing.
WORDS = (
    *("sendlog", "senduser", "sendqrcode", "sendpin", "reg", "heartbeat", "checklive", "x"),
    *("getuserlist", "getalllog", "getnewlog", "getdevinfo", "getdevlock", "getdevcap", "getuserinfo", "opendoor"),
)
KEYS = (
    *("enrollid", "time", "mode", "inout", "event", "verifymode", "name", "temp", "image"),
    *("backupnum", "admin", "record", "sn", "cpusn", "devinfo", "modelname", "mac", "firmware", "count", "pin"),
)
# Values of a length, in JSON.
VALUES: Mapping[str, Callable[[int, int], str]] = {
    "number": lambda size, at: str(at % 10 ** min(size, 9)),
    "long number": lambda size, at: f"{at % 9 + 1}" + "9" * min(size, 4000),
    "fraction": lambda size, at: f"{at}.{'3' * min(size, 4000)}e{at % 300}",
    "text": lambda size, at: f'"{at}{"x" * size}"',
    "digits": lambda size, at: f'"{at}{"9" * size}"',
    "spaces": lambda size, at: f'"{" " * size}{at}"',
    "escapes": lambda size, at: f'"{chr(92)}u00{at % 16 + 16:02x}{(chr(92) + "u0001") * (size // 6)}"',
    "slashes": lambda size, at: f'"{at}{(chr(92) + "/") * (size // 2)}"',
    "wide": lambda size, at: f'"{at}{"\N{PILE OF POO}" * (size // 4)}"',
    "hidden": lambda size, at: f'"{at}{"\N{RIGHT-TO-LEFT OVERRIDE}" * (size // 3)}"',
    "moment": lambda _, at: f'"2026-11-{at // 86400 % 30 + 1:02} {at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}"',
    "odd moment": lambda size, at: f'"{" " * size}2026/1/{at % 28 + 1}T{" " * size}9:{at % 60}"',
    "address": lambda size, at: f'"{" " * size}data:{"x" * size}{at}"',
    "markup": lambda size, at: f'"{at}{"http://<a>_&lt;*" * (size // 16)}"',
    "list": lambda size, _: "[" + ",".join(["1"] * min(size, 50)) + "]",
    "object": lambda size, at: "{" + ",".join(f'"{at}{number}":{number}' for number in range(min(size, 50))) + "}",
    "nothing": lambda *_: "null",
}
# Where in a frame the many are.
PLACES = ("top", "record", "devinfo", "list", "deep")
BROKEN: Mapping[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    "comma": lambda data: data[:-1] + b",}",
    "cut": lambda data: data[:-1],
    "control": lambda data: data[:-1] + b',"control":"\x01"}',
    "bytes": lambda data: data[:-1] + b',"bytes":"\xc4\xe3\xff"}',
    "half": lambda data: data[:-1] + b',"half":"\xc4",}',
    "quote": lambda data: data[:-1] + b',"quote":"}',
    "mark": lambda data: b"\xef\xbb\xbf" + data,
    "infinite": lambda data: data[:-1] + b',"infinite":Infinity}',
}


@dataclass(frozen=True, kw_only=True)
class Dear:
    """What is sent in one go."""

    word: str = "sendlog"
    place: str = "record"
    items: int = 50
    known: int = 4
    unknown: int = 0
    key_length: int = 4
    value: str = "number"
    size: int = 4
    depth: int = 1
    broken: str = ""
    is_reply: bool = False
    binary: bool = False
    parts: int = 1
    pings: int = 0
    repeat: int = 1
    seed: int = 0

    def wire(self, serial: str, most: int) -> list[bytes]:
        """Return what goes over the wire."""
        data = self.message(serial, most)
        sent = [_ping(number) for number in range(self.pings)]
        opcode = Opcode.BINARY if self.binary else Opcode.TEXT
        step = max(1, -(-len(data) // self.parts))
        pieces = [data[at : at + step] for at in range(0, len(data), step)] or [b""]
        message = [
            Frame(opcode if number == 0 else Opcode.CONT, piece, fin=number == len(pieces) - 1).serialize(mask=True)
            for number, piece in enumerate(pieces)
        ]
        return [b"".join([*sent, *message])] * self.repeat

    def message(self, serial: str, most: int) -> bytes:
        """Return the frame, halved until a peer can send it."""
        gene = self
        while gene._estimate() > 2 * most or len(data := BROKEN[gene.broken](gene._text(serial).encode())) > most:
            gene = gene._halved()
        return data

    def _estimate(self) -> int:
        """Return about how many bytes it has, before they are made."""
        rows = 1 if self.place in {"top", "devinfo"} else self.items
        pairs = 1 if self.place == "list" else self.known + self.unknown
        return rows * (2 * self.depth if self.place == "deep" else pairs * (self.size + self.key_length))

    def _halved(self) -> Dear:
        """Return the same with half of what there is most of."""
        names = ["size", "key_length", "unknown"] if self.place in {"top", "devinfo"} else ["items", "size"]
        name = max((*names, "known"), key=lambda one: int(getattr(self, one)))
        return replace(self, **{name: getattr(self, name) // 2})

    def _text(self, serial: str) -> str:
        head = f'"{"ret" if self.is_reply else "cmd"}":"{self.word}","sn":"{serial}","result":true'
        match self.place:
            case "top":
                return f"{{{head}{self._pairs(self.seed, first=False)}}}"
            case "devinfo":
                return f'{{{head},"devinfo":{{{self._pairs(self.seed)}}}}}'
            case "list":
                values = ",".join(self._value(self.seed + number) for number in range(self.items))
                return f'{{{head},"record":[{values}]}}'
            case "deep":
                nest = "[" * self.depth + "]" * self.depth
                return f'{{{head},"record":[{",".join([nest] * self.items)}]}}'
        rows = ",".join(f"{{{self._pairs(self.seed + number)}}}" for number in range(self.items))
        return f'{{{head},"count":{self.items},"logindex":{self.seed},"record":[{rows}]}}'

    def _pairs(self, at: int, *, first: bool = True) -> str:
        keys = [KEYS[number % len(KEYS)] for number in range(min(self.known, len(KEYS)))]
        keys += [f"{number:0{self.key_length}}" for number in range(self.unknown)]
        pairs = ",".join(f'"{key}":{self._value(at)}' for key in keys)
        return pairs if first or not pairs else f",{pairs}"

    def _value(self, at: int) -> str:
        return VALUES[self.value](self.size, at)


def _ping(number: int) -> bytes:
    return Frame(Opcode.PING, b"%d" % number).serialize(mask=True)


_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "word": WORDS,
    "place": PLACES,
    "value": tuple(VALUES),
    "broken": tuple(BROKEN),
    "is_reply": (False, True),
    "binary": (False, True),
}
_MOST: Mapping[str, int] = {
    "items": 2_000,
    "known": len(KEYS),
    "unknown": 20_000,
    "key_length": 100_000,
    "size": 4_000_000,
    "depth": 33,
    "parts": 5_000,
    "pings": 5_000,
    "repeat": 16,
    "seed": 10**9,
}


def mutated(dear: Dear, luck: random.Random) -> Dear:
    """Return the same with one to three genes changed."""
    for _ in range(luck.choice((1, 1, 2, 3))):
        name = luck.choice([gene.name for gene in fields(Dear)])
        if name in _CHOICES:
            dear = replace(dear, **{name: luck.choice(_CHOICES[name])})
            continue
        old, most = getattr(dear, name), _MOST[name]
        new = luck.choice((old * 2, old * 8, old // 2, old + 1, most, luck.randrange(most), luck.randrange(1, 50)))
        least = 0 if name in {"known", "unknown", "size", "pings", "seed"} else 1
        dear = replace(dear, **{name: max(least, min(most, new))})  # type: ignore[arg-type]  # all of these are numbers
    return replace(dear, seed=luck.randrange(_MOST["seed"]))
