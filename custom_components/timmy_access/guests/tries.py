"""How often PINs may be guessed at one terminal: a few times, then after a pause, which grows.

Only what can be guessed makes a pause. The code of a QR picture has 128 bits; somebody who shows the menu of a
restaurant ten times must not keep out the next guest. But what opens nothing is asked and told about so many times a
minute only.
"""

from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
import time

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .passbook import PINS

# How often one code, or one person, is asked and told about within a minute, when that opens nothing: so often tries
# somebody whose screen is scratched.
MAX_TOLD = 5
# The same for all codes of a terminal: nobody shows more than one in two seconds.
MAX_TOLD_IN_ALL = 30
# The same for all people: a turnstile lets through one in half a second.
MAX_PEOPLE_TOLD = 120
TOLD_SECONDS = 60.0

# Wrong PINs within a minute before a pause: a guest who fumbles is not hit.
MAX_WRONG = 10
# The same where many PINs open the door, each of which may be hit by chance.
FEWEST_WRONG = 3
WRONG_SECONDS = 60.0
# The chance of a lucky hit that a minute may have: as one of a hundred years, for whoever tries day and night.
RISK = 1e-6
# The first pause, and the longest it grows to: each one is twice as long as the one before.
FIRST_PAUSE = 60.0
LONGEST_PAUSE = 3600.0
# So long after a pause without a wrong PIN, whoever tried has given up.
CALM_SECONDS = 3600.0


class Tries:
    """Counts wrong PINs."""

    def __init__(self, hass: HomeAssistant, changed: Callable[[], None]) -> None:
        """Start calm; `changed` is called when somebody begins to guess, and when they have given up."""
        self._hass = hass
        self._changed = changed
        self._wrong: deque[float] = deque(maxlen=MAX_WRONG)
        self._paused_until = 0.0
        self._pause = FIRST_PAUSE
        self._calm: CALLBACK_TYPE | None = None
        self._weighed = 0
        self._is_over = False

    @property
    def is_paused(self) -> bool:
        """Whether no PIN is looked at."""
        return time.monotonic() < self._paused_until

    @property
    def is_watchful(self) -> bool:
        """Whether somebody has been guessing lately."""
        return self._calm is not None

    def may_look(self, live_pins: Callable[[], int]) -> bool:
        """Return whether a PIN is looked at; `live_pins` tells how many would be right.

        It is not while as many are being weighed as may still be wrong: otherwise whoever tries many at once would have
        all of them looked at before the first is counted.
        """
        if self.is_paused:
            return False
        tried = self._lately() + self._weighed
        return tried < FEWEST_WRONG or tried < _allowed(live_pins())

    @contextmanager
    def weighing(self) -> Generator[None]:
        """Have an automation decide about a PIN that opens nothing by itself."""
        self._weighed += 1
        try:
            yield
        finally:
            self._weighed -= 1

    @callback
    def async_note_wrong(self, live_pins: int) -> bool:
        """Count a wrong PIN where so many would have been right; True when a pause begins with it."""
        if self._is_over:
            return False
        now = time.monotonic()
        self._wrong.append(now)
        if self._lately() < _allowed(live_pins):
            return False
        self._wrong.clear()
        self._paused_until = now + self._pause
        self._async_calm_after(self._pause + CALM_SECONDS)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._changed()
        return True

    @callback
    def async_stop(self) -> None:
        """Wait for nothing more, and count nothing more."""
        self._is_over = True
        self._async_cancel_calm()

    def _lately(self) -> int:
        now = time.monotonic()
        return sum(now - at <= WRONG_SECONDS for at in self._wrong)

    @callback
    def _async_cancel_calm(self) -> None:
        if self._calm is not None:
            self._calm()
            self._calm = None

    @callback
    def _async_calm_after(self, seconds: float) -> None:
        self._async_cancel_calm()

        @callback
        def _async_calm(_: object) -> None:
            self._calm = None
            self._pause = FIRST_PAUSE
            self._changed()

        self._calm = async_call_later(
            self._hass, seconds, HassJob(_async_calm, "calm after wrong PINs", cancel_on_shutdown=True)
        )


def _allowed(live_pins: int) -> int:
    """Return how many wrong PINs a minute may have where so many would be right."""
    return max(FEWEST_WRONG, min(MAX_WRONG, int(RISK * PINS / max(1, live_pins))))


class Refusals:
    """Limits what is asked and told about what opens nothing, by its cause, so that no cause makes events without end.

    What opens a door is not counted here and not held up by it.
    """

    def __init__(self, in_all: int) -> None:
        """Allow `MAX_TOLD` a minute of one cause, and so many of all together."""
        self._told: deque[tuple[float, object]] = deque(maxlen=in_all)

    def are_enough(self, cause: object) -> bool:
        """Return whether a cause, or all together, has been told of often enough for now."""
        return self._are_full() or sum(told == cause for _, told in self._told) >= MAX_TOLD

    def async_note(self, cause: object) -> bool:
        """Note that one more is told of; True when it is the last one of all for now."""
        self._told.append((time.monotonic(), cause))
        return self._are_full()

    def _are_full(self) -> bool:
        oldest = time.monotonic() - TOLD_SECONDS
        while self._told and self._told[0][0] < oldest:
            self._told.popleft()
        return len(self._told) == self._told.maxlen
