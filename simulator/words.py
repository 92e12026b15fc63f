"""Words somebody types."""

from collections.abc import Iterable
from typing import Final

SWITCHES: Final = {"on": True, "off": False}


class ConsoleError(Exception):
    """A line which cannot be carried out."""


def choice(word: str, choices: Iterable[str]) -> str:
    """Return a word if it is one of these."""
    known = list(choices)
    if word not in known:
        raise ConsoleError(f"{word!r} is none of {', '.join(known)}")
    return word


def switch(word: str) -> bool:
    """Return what `on` and `off` mean."""
    return SWITCHES[choice(word, SWITCHES)]


def whole(word: str, lowest: int = 0) -> int:
    """Return a number."""
    if not word.isdecimal() or int(word) < lowest:
        raise ConsoleError(f"{word!r} is no number from {lowest} on")
    return int(word)
