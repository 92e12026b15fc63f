"""What a terminal does not say by itself: asked after each connect, and again every hour."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
import logging

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..const import LOGGER
from ..protocol.commands import GetCapacity
from ..protocol.errors import CommandTimeout, ProtocolError, TerminalOffline
from ..protocol.exchange import Request
from ..protocol.log_budget import LogBudget
from ..protocol.turns import Priority
from .coordinator import TerminalCoordinator
from .settings import ACCESS, DEVICE, TerminalSettings
from .silences import Silences
from .upkeep import Upkeep

# Settings change at the terminal's own menu a few times a year, and nothing tells us; three small questions an hour
# are no load, and more often than that nobody looks.
LEARN_INTERVAL = timedelta(hours=1)
# What the question for the counts is called where it is remembered who does not answer it.
CAPACITY = "capacity"

type Question = Callable[[], Awaitable[object]]


class Questions:
    """The questions to one terminal, one at a time and after everything that is urgent.

    All of them are optional: no answer, or a refusal, changes nothing, and never availability. A question that a
    terminal leaves unanswered is not asked again over the same connection, and one that it has never answered is asked
    again seldom (see `silences`).
    """

    def __init__(
        self,
        hass: HomeAssistant,
        coordinator: TerminalCoordinator,
        settings: TerminalSettings,
        upkeep: Upkeep,
        request: Request,
        silences: Silences,
        first: Mapping[str, Question],
        more: Mapping[str, Question],
    ) -> None:
        """Ask nothing yet; `first` and `more` are what others have to ask and to say, by what it is."""
        self._hass = hass
        self._coordinator = coordinator
        self._request = request
        self._silences = silences
        # Then the open delay comes first: doors are used at once.
        self._questions: dict[str, Question] = {
            **first,
            "access settings": lambda: settings.async_read(ACCESS),
            "settings": lambda: settings.async_read(DEVICE),
            CAPACITY: self._async_read_capacity,
            **more,
            "clock": upkeep.async_read_clock,
        }
        self._log = LogBudget(LOGGER)
        self._unanswered: set[str] = set()
        self._stop: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Ask over a new connection, and from then on every hour."""
        self.async_stop()
        self._unanswered.clear()
        self._async_ask_all()
        self._stop = async_track_time_interval(
            self._hass,
            self._async_ask_all,
            LEARN_INTERVAL,
            name=f"learn {self._coordinator.name}",
            cancel_on_shutdown=True,
        )

    @callback
    def async_stop(self) -> None:
        """Ask no more."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    @callback
    def _async_ask_all(self, _: datetime | None = None) -> None:
        self._coordinator.config_entry.async_create_background_task(
            self._hass, self._async_learn(), f"learn {self._coordinator.name}", eager_start=False
        )

    async def _async_learn(self) -> None:
        unanswered: list[str] = []
        for name, ask in self._questions.items():
            if name in self._unanswered or not self._silences.async_is_worth_asking(name):
                continue
            try:
                await ask()
            except TerminalOffline:
                return  # the next connection asks anew
            except ProtocolError as err:
                self._log.log(logging.DEBUG, "%s does not tell its %s: %s", self._coordinator.name, name, err)
                if isinstance(err, CommandTimeout):
                    self._unanswered.add(name)
                    unanswered.append(name)
                    continue
            self._silences.async_note(name, is_answered=True)
            # It lives, and so it has let pass what it was asked before.
            while unanswered:
                self._silences.async_note(unanswered.pop(), is_answered=False)

    async def async_count_people(self, priority: Priority) -> int | None:
        """Return how many people the terminal says it holds now, None where it does not tell.

        The count of its registration is of then; few but newer terminals tell it again (specification, getdevcap).
        Raises `TerminalOffline`.
        """
        if CAPACITY in self._unanswered or not self._silences.async_is_worth_asking(CAPACITY):
            return None
        try:
            return await self._async_read_capacity(priority)
        except TerminalOffline:
            raise
        except CommandTimeout:
            self._unanswered.add(CAPACITY)
        except ProtocolError as err:
            self._log.log(logging.DEBUG, "%s does not tell how many it holds: %s", self._coordinator.name, err)
        return None

    async def _async_read_capacity(self, priority: Priority = Priority.BULK) -> int | None:
        capacity = await self._request(GetCapacity(), priority)
        self._coordinator.async_replace(self._coordinator.data.with_info(capacity))
        return capacity.users_used
