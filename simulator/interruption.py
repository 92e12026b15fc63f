"""Something that happens in the middle of the server's work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True, kw_only=True)
class Interruption:
    """What happens once, at the n-th command of a name which is carried out from then on."""

    command: str
    """Name of the command; `*` for any."""
    nth: int = 1
    """1 is the next one."""
    stored: bool = True
    """It happens after the command has had its effect; otherwise before, and a power cut then leaves no effect."""
    act: Literal["power_cut", "factory_reset"] | Callable[[], None] = "power_cut"
    """The power fails, the terminal is reset, both without an answer; or anything else, for instance at the keypad."""
    away: float | None = None
    """Seconds until the terminal dials again; as long as a restart takes when not told."""
    seen: int = 0
    """How many of the commands have been carried out."""

    def meets(self, command: str) -> bool:
        """Count a command and tell whether it is the one."""
        if self.command not in {"*", command}:
            return False
        self.seen += 1
        return self.seen == self.nth

    @property
    def over(self) -> bool:
        """Tell whether it has happened."""
        return self.seen >= self.nth
