"""Misbehaviour which can be switched at run time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .interruption import Interruption
from .lost_writes import LostWrites


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
    capacity: dict[str, int] = field(default_factory=dict)
    """Most of `user`, `fp`, `face`, `palm`, `card` or `pwd`; more is refused, though `getdevcap` promises otherwise."""
    refuse_kinds: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Kinds of credentials (`fp pwd card face photo palm`) refused with these keys `reason` and `msg`: another
    algorithm, or hardware which the terminal does not have."""
    lost: LostWrites | None = None
    """Writes answered with `result: true` and not stored."""
    interruptions: list[Interruption] = field(default_factory=list)
    """What happens in the middle of the server's work; each once."""
    lacks: set[str] = field(default_factory=set)
    """Names of `FEATURES` which this firmware is without, besides those of its profile."""
    unknown: set[str] = field(default_factory=set)
    """Commands which this firmware does not know."""
    hides_dates: bool = False
    """`getuserlock` does not tell the dates it was told, though they hold."""
    splits_enabling: bool = False
    """`enableuser` is about faces alone, and `enable` of `setuserinfo` about all else (field notes 5, enableuser)."""
    quiet_keypad: bool = False
    """What happens at the keypad is never pushed."""
    loses_clock: bool = False
    """A power cut sets the clock back to the beginning of 2000 (field notes 7 and 11)."""
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

    def interrupting(self, command: str) -> list[Interruption]:
        """Count a command which is about to be carried out, and return what happens at it; that is over then."""
        met = [item for item in self.interruptions if item.meets(command)]
        self.interruptions[:] = [item for item in self.interruptions if not item.over]
        return met
