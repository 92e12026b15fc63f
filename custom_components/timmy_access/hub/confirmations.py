"""Which doors have done what was ordered for an emergency, and the repair issues about those that have not."""

from collections.abc import Callable, Collection, Mapping

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..errors import word_of
from ..issues import async_clear, async_raise
from ..protocol.errors import ProtocolError
from ..terminal.orders import EmergencyOrder, mode_after
from ..terminal.state import DoorMode, Emergency
from .order_file import OrderFile
from .outcomes import SEVERAL_DOORS, Outcome, is_alone, is_closed, name_of
from .terminal import Terminal

NO_ANSWER = "no_answer"
# An evacuated door that somebody has closed since, and one of which nobody knows whether its terminal still holds it.
CLOSED_AGAIN = "closed_again"
IN_DOUBT = "in_doubt"
ISSUES: Mapping[Emergency, str] = {
    Emergency.EVACUATION: "evacuation_incomplete",
    Emergency.LOCKDOWN: "lockdown_incomplete",
}


class Confirmations:
    """What the doors of one listener have confirmed, and why not."""

    def __init__(
        self, hass: HomeAssistant, entry_id: str, file: OrderFile, terminals: Callable[[], Collection[Terminal]]
    ) -> None:
        """Know of no failure yet; `file` has what is ordered."""
        self._hass = hass
        self._entry_id = entry_id
        self._file = file
        self._terminals = terminals
        self._reasons: dict[tuple[str, int], str] = {}

    def outcomes(self, kind: Emergency) -> list[Outcome]:
        """Return how it stands with each door for which it is ordered."""
        return [
            self._outcome(terminal, order, door)
            for terminal in self._terminals()
            if (order := self._file.of(terminal.subentry_id).of(kind)) is not None
            for door in sorted(terminal.coordinator.data.doors)
            if order.holds_for(door)
        ]

    def came_back(self, terminal: Terminal, door: int, ordered: EmergencyOrder, told: EmergencyOrder | None) -> Outcome:
        """Return whether a door is as it was before what was `ordered`; `told` is what its terminal was to do, if any.

        What held the only door of a terminal does not come back where that has several now.
        """
        at = self._hass.loop.time()
        was_held = ordered.before is not DoorMode.NORMAL and mode_after(ordered, at) is ordered.before
        confirmed = told is None or terminal.coordinator.data.doors[door].mode is mode_after(told, at)
        if confirmed and was_held and not is_alone(terminal):
            return Outcome(terminal=terminal, door=door, confirmed=False, reason=SEVERAL_DOORS)
        reason = None if confirmed else self._reasons.get((terminal.subentry_id, door), NO_ANSWER)
        return Outcome(terminal=terminal, door=door, confirmed=confirmed, reason=reason)

    @callback
    def async_note(self, terminal: Terminal, door: int, error: ProtocolError | None) -> None:
        """Note why a door has not done what was ordered, None where it has."""
        if error is None:
            self._reasons.pop((terminal.subentry_id, door), None)
        else:
            self._reasons[terminal.subentry_id, door] = word_of(error)

    @callback
    def async_missed(self, terminal: Terminal, order: EmergencyOrder) -> None:
        """Note which doors have not confirmed an evacuation before a restart, after which none is told again."""
        for door in terminal.coordinator.data.doors:
            if order.holds_for(door) and door not in order.confirmed | order.closed:
                self._reasons[terminal.subentry_id, door] = NO_ANSWER

    @callback
    def async_tell(self) -> None:
        """Say which doors have not done what was ordered."""
        for kind, issue in ISSUES.items():
            # A door that is just being told again after a connection is none of them, nor one that somebody has closed.
            failed = [
                name_of(it)
                for it in self.outcomes(kind)
                if not it.confirmed and it.reason == self._reasons.get((it.terminal.subentry_id, it.door))
            ]
            if failed:
                async_raise(
                    self._hass,
                    self._entry_id,
                    issue,
                    self._entry_id,
                    placeholders={"doors": ", ".join(failed)},
                    fixable=False,
                    severity=ir.IssueSeverity.ERROR,
                )
            else:
                async_clear(self._hass, issue, self._entry_id)

    @callback
    def async_clear(self) -> None:
        """Take back what is said."""
        for issue in ISSUES.values():
            async_clear(self._hass, issue, self._entry_id)

    def _outcome(self, terminal: Terminal, order: EmergencyOrder, door: int) -> Outcome:
        reason = self._why_not(terminal, order, door)
        return Outcome(terminal=terminal, door=door, confirmed=reason is None, reason=reason)

    def _why_not(self, terminal: Terminal, order: EmergencyOrder, door: int) -> str | None:
        """Return in a word why it is not confirmed that a door is as it was ordered; None where it is."""
        failed = self._reasons.get((terminal.subentry_id, door), NO_ANSWER)
        if order.kind is Emergency.LOCKDOWN:
            if not is_alone(terminal):
                return SEVERAL_DOORS
            return None if is_closed(terminal) else failed
        if door in order.closed:
            return CLOSED_AGAIN
        if door not in order.confirmed:
            return failed
        # Each door of several is released once; the only one of a terminal stays open as long as that holds it.
        if is_alone(terminal) and terminal.coordinator.data.doors[door].mode is not DoorMode.HELD_OPEN:
            return IN_DOUBT
        return None
