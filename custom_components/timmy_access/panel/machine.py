"""What a terminal is as a machine: its firmware and clock, and how full it is."""

from homeassistant.util.json import JsonObjectType, JsonValueType

from ..protocol.messages import DeviceInfo
from ..terminal.state import TerminalState

# What terminals count, in the order in which it is shown.
COUNTED = ("users", "faces", "fingerprints", "palms", "cards", "passwords", "logs")


def machine(state: TerminalState) -> JsonObjectType:
    """Return a terminal as it told last; None for what it does not tell.

    `clock_ahead` are seconds. `used` is how much there is of what, with the capacity; what the terminal has no room for
    at all it has not got.
    """
    counts = [(what, *_count(state.info, what)) for what in COUNTED]
    used: list[JsonValueType] = [[what, has, room] for what, has, room in counts if has is not None and room != 0]
    return {
        "firmware": state.info.firmware,
        "clock_ahead": state.clock_ahead,
        "unsent": state.info.logs_unsent,
        "used": used,
    }


def _count(info: DeviceInfo, what: str) -> tuple[int | None, int | None]:
    return getattr(info, f"{what}_used"), getattr(info, f"{what}_capacity")
