"""How many differences there are between terminals and the house, and how many changes wait for a terminal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..house.errors import HouseUnknown
from ..house.house import House
from ..house.obstacles import Obstacle, obstacles
from ..terminal.tasks import Tasks
from .agreements import async_agreement, known_of
from .in_step import make_of
from .noticed import Noticed
from .terminal import Terminal

# Changes come many at a time, and comparing thousands of people takes a moment of a thread.
LOOK_SECONDS = 5.0
# A large house with many terminals is looked at less often, so that it takes a twentieth of the time at most.
PAUSE_FACTOR = 20


@dataclass(frozen=True, kw_only=True)
class TerminalCounts:
    """Of one terminal: differences that the owner has not left, and people of whom something is still to be written.

    `obstacles` are how many people it does not take as it should, by what is in the way.
    """

    differences: int
    waiting: int
    was_reset: bool = False
    obstacles: Mapping[Obstacle, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HouseCounts:
    """How the terminals that are kept in step are with the house, by serial number."""

    terminals: Mapping[str, TerminalCounts]

    @property
    def differences(self) -> int:
        """Differences that the owner has not left as they are."""
        return sum(terminal.differences for terminal in self.terminals.values())

    @property
    def waiting(self) -> int:
        """People on terminals of whom something is still to be written."""
        return sum(terminal.waiting for terminal in self.terminals.values())


class HouseWatch:
    """Compares some seconds after something has changed; terminals that are only observed cost nothing."""

    def __init__(self, hass: HomeAssistant, tasks: Tasks, house: House, noticed: Noticed) -> None:
        """Look at a house; nothing is known yet. `noticed` gets what is different."""
        self._hass = hass
        self._tasks = tasks
        self._house = house
        self._noticed = noticed
        self._terminals: dict[str, tuple[Terminal, CALLBACK_TYPE]] = {}
        self._listeners: list[Callable[[], None]] = []
        self._cancel: CALLBACK_TYPE | None = None
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._pause = LOOK_SECONDS
        self.counts: HouseCounts | None = None

    @callback
    def async_start(self) -> None:
        """Follow the house and its hours; terminals are told by `async_terminal`."""
        self._unsubscribe = [
            self._house.keeper.async_subscribe(lambda _: self._async_look_soon()),
            self._house.hours.async_subscribe(self._async_look_soon),
        ]
        self._async_look_soon()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
        for serial in tuple(self._terminals):
            self.async_forget(serial)
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def async_terminal(self, terminal: Terminal) -> None:
        """Follow who is on a terminal."""
        if self._unsubscribe and terminal.serial not in self._terminals:
            stop = terminal.roster.async_subscribe(lambda _: self._async_look_soon())
            self._terminals[terminal.serial] = (terminal, stop)
            self._async_look_soon()

    @callback
    def async_forget(self, serial: str) -> None:
        """Follow a terminal no more."""
        if (known := self._terminals.pop(serial, None)) is not None:
            known[1]()
            self._async_look_soon()

    @callback
    def async_subscribe(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` whenever the counts are others, or the house is, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def async_look(self) -> None:
        """Compare now."""
        terminals: dict[str, TerminalCounts] = {}
        begun = self._hass.loop.time()
        try:
            for terminal, _ in tuple(self._terminals.values()):
                if terminal.serial in self._house.known().kept:
                    terminals[terminal.serial] = await self._async_count(terminal)
        except HouseUnknown:
            self.counts = None
        else:
            self.counts = HouseCounts(terminals=terminals)
        self._pause = max(LOOK_SECONDS, PAUSE_FACTOR * (self._hass.loop.time() - begun))
        for listener in tuple(self._listeners):
            listener()

    async def _async_count(self, terminal: Terminal) -> TerminalCounts:
        agreement = await async_agreement(self._hass, self._house, terminal)
        plan, known, make = terminal.writer.plan, known_of(self._house, terminal), make_of(terminal)
        household, unfit = self._house.known(), plan.unfit if plan else {}
        found = await self._hass.async_add_executor_job(
            lambda: obstacles(household, terminal.serial, make, agreement, known(), unfit)
        )
        self._noticed.async_note(terminal.serial, agreement.differences, complete=terminal.roster.complete)
        differences = [difference for difference in agreement.differences.values() if not difference.is_left]
        return TerminalCounts(
            differences=len(differences),
            waiting=len({step.enroll_id for step in agreement.steps}),
            was_reset=agreement.was_reset and bool(differences),
            obstacles={obstacle: len(numbers) for obstacle, numbers in found.items()},
        )

    @callback
    def _async_look_soon(self) -> None:
        if self._cancel is None and self._unsubscribe:
            self._cancel = async_call_later(
                self._hass, self._pause, HassJob(self._async_due, "compare the house", cancel_on_shutdown=True)
            )

    @callback
    def _async_due(self, _: object) -> None:
        self._cancel = None
        self._tasks.async_start(self.async_look(), "compare the house")
