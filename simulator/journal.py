"""What went over the wire, in order."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from .wire import Frame

MOST_COMMANDS: Final = 20_000
"""Commands which are remembered: a house of 3,000 people takes several for each of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A command as it came, secrets and all: this is a tool for tests."""

    order: int
    """1 for the first one ever; whatever has a lower number came earlier."""
    at: datetime
    """On the terminal's own clock."""
    connection: int
    """1 for the first socket."""
    name: str
    frame: Frame


class Commands:
    """The latest commands of the server, over all sockets, oldest first."""

    def __init__(self) -> None:
        """Start empty."""
        self._kept: deque[Command] = deque(maxlen=MOST_COMMANDS)
        self.count = 0
        """How many there have ever been."""

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._kept)

    def __iter__(self) -> Iterator[Command]:
        """Return all which are remembered."""
        return iter(self._kept)

    @property
    def forgotten(self) -> int:
        """Return how many have been left behind."""
        return self.count - len(self._kept)

    def note(self, frame: Frame, at: datetime, connection: int) -> None:
        """Remember a command."""
        self.count += 1
        self._kept.append(Command(self.count, at, connection, str(frame["cmd"]), frame))

    def named(self, *names: str, after: int = 0) -> list[Command]:
        """Return those with one of these names, or all, which came after the one with this order."""
        return [item for item in self._kept if item.order > after and (not names or item.name in names)]

    def first(self, name: str, *, after: int = 0, **keys: Any) -> Command | None:
        """Return the first with a name and these keys which came after the one with this order."""
        return next(
            (
                item
                for item in self.named(name, after=after)
                if all(key in item.frame and item.frame[key] == value for key, value in keys.items())
            ),
            None,
        )


@dataclass(slots=True)
class Journal:
    """Every frame of every socket, and the commands among them."""

    received: list[Frame] = field(default_factory=list)
    sent: list[Frame] = field(default_factory=list)
    commands: Commands = field(default_factory=Commands)
    connections: int = 0
