"""Misbehaviour which can be switched at run time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Faults:
    """What this terminal does wrong at present; every field may be changed while it runs (field notes 0, 7 and 10)."""

    silent: set[str] = field(default_factory=set)
    """Commands never answered; `*` for all. `reg` (or `*`) also stops the repetitions of `reg`."""
    duplicate: bool = False
    """Every frame is sent twice."""
    delay: float = 0.0
    """Seconds before each answer to a command."""
    wrong_type: bool = False
    """Numbers become strings, booleans become 0 and 1."""
    refuse: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Commands answered with `result: false` and these extra keys, without any effect."""
    half_open: bool = False
    """Neither reads nor writes, but TCP stays open: a Wi-Fi stall. Ends with a restart of the terminal."""
    binary: bool = False
    """JSON travels in binary frames."""
    trailing_comma: bool = False
    """Arrays end in `,]`."""
    malformed: bool = False
    """Frames end in the middle."""
    as_cmd: bool = False
    """Replies are keyed `cmd` instead of `ret`."""
    no_sn: bool = False
    """Frames carry no serial number."""
    watcher: Callable[[], None] | None = field(default=None, repr=False, compare=False)
    """Told about every change of a field; the terminal sets it."""

    def __setattr__(self, name: str, value: Any) -> None:
        """Change a fault and let the terminal notice: a stall must start at once, not with the next frame."""
        object.__setattr__(self, name, value)
        watcher = getattr(self, "watcher", None)
        if watcher is not None:
            watcher()

    def mutes(self, command: str) -> bool:
        """Tell whether a command stays without an answer."""
        return command in self.silent or "*" in self.silent
