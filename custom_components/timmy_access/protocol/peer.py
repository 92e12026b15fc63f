"""Who is at the other end of a socket, and how its words may be shown."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
import re
from typing import Any, Self
import unicodedata

from .networks import parse_address

# ZWNJ and ZWJ; other invisible characters may turn a line of a log around.
_JOINERS = "\u200c\u200d"
# Longest piece of peer text in a log line, a form or a card.
MAX_SHOWN = 64

# What Markdown or HTML takes for markup is shown by its wide twin: that reads the same in a dialog, which renders
# Markdown, and in a title, which does not. Names as people have them are left alone.
_WIDE = 0xFEE0
_MARKUP = re.compile(
    r"[<>\[\]*`~\\|@]"
    r"|&(?=#?\w+;)"
    r"|(?<![^\W_])_|_(?![^\W_])"  # within a word it is part of the word
    r"|(?<=http):|(?<=https):|(?<=ftp):|(?<=www)\."  # addresses become links by themselves
    r"|^\s*(?:[#+=-]+|\d+[.)](?=\s))",  # headings, lists and lines
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Peer:
    """The address a connection comes from."""

    address: str
    port: int

    @classmethod
    def of(cls, name: Sequence[Any] | None) -> Self:
        """Return the peer of a socket: the name has an address and a port, and with IPv6 more."""
        address, port, *_ = name or ("", 0)
        with suppress(ValueError):
            address = parse_address(address)
        return cls(str(address), port)

    def __str__(self) -> str:
        """Return the address as people write it."""
        return f"{self.address}:{self.port}"


def printable(text: object, limit: int = MAX_SHOWN) -> str:
    """Return peer text without control characters or line breaks, cut to `limit` characters.

    Spaces of other scripts and the joiners that Persian, Hindi and many emoji are written with stay as they are.
    """
    text = str(text)
    if len(text) <= limit and text.isprintable():
        return text
    shown = "".join(char if is_printable(char) else "�" for char in text[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def is_printable(text: str) -> bool:
    """Return whether `printable` replaces nothing of a text."""
    return text.isprintable() or all(char.isprintable() or _is_of_a_script(char) for char in text)


def as_text(text: object, limit: int = MAX_SHOWN) -> str:
    """Return peer text as people are to read it, which nothing takes for Markdown, HTML or a link.

    Everything that a peer may have had a hand in goes through here on its way into a dialog, a repair issue, an error,
    a suggested name or a line of the logbook.
    """
    return _MARKUP.sub(lambda found: "".join(map(_widened, found[0])), printable(text, limit))


def _widened(char: str) -> str:
    return chr(ord(char) + _WIDE) if char.isascii() and not char.isalnum() and char != " " else char


def _is_of_a_script(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) == "Zs"
