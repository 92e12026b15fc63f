"""What a terminal is as a machine: its firmware and clock, and how full it is."""

from homeassistant.util.json import JsonObjectType, JsonValueType

from ..people.roster import Roster
from ..protocol.messages import DeviceInfo
from ..terminal.state import TerminalState

# What terminals count, in the order in which it is shown; all but the last are people, and what they have.
USERS, LOGS = "users", "logs"
COUNTED = (USERS, "faces", "fingerprints", "palms", "cards", "passwords", LOGS)


def machine(state: TerminalState, roster: Roster) -> JsonObjectType:
    """Return a terminal as it told last; None for what it does not tell.

    `clock_ahead` are seconds. `used` is how much there is of what, with the capacity; what the terminal has no room for
    at all it has not got. Terminals count seldom: where their list of people is known wholly, its length is what is
    true now, and while that is another than they counted, nobody knows how many faces or cards there are.
    """
    counts = {what: _count(state.info, what) for what in COUNTED}
    told, room = counts[USERS]
    if told is not None and roster.is_whole and told != len(roster.people):
        counts = {USERS: (len(roster.people), room), LOGS: counts[LOGS]}
    used: list[JsonValueType] = [
        [what, has, room] for what, (has, room) in counts.items() if has is not None and room != 0
    ]
    return {
        "firmware": state.info.firmware,
        "clock_ahead": state.clock_ahead,
        "unsent": state.info.logs_unsent,
        "used": used,
    }


def _count(info: DeviceInfo, what: str) -> tuple[int | None, int | None]:
    return getattr(info, f"{what}_used"), getattr(info, f"{what}_capacity")
