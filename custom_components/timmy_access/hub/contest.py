"""Whether it is known who of two at one address is the terminal.

A connection that answers nothing any more makes room for another one from its address: mostly that is the terminal
itself, which has left the old one behind (field notes 0.7). Where somebody claims the seat from there once more while
the new connection answers, there are two of them, and nothing tells which was first.
"""

from homeassistant.core import HomeAssistant, callback

from ..protocol.errors import SeatContested

# How long a claim counts: a terminal that stays out asks again about every 20 s (field notes 1, reg repetition).
DOUBT_SECONDS = 600.0


class Contest:
    """The doubt about who has the seat of one terminal."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without doubt."""
        self._hass = hass
        self._taken_at = self._claimed_at = float("-inf")

    @property
    def is_open(self) -> bool:
        """Whether who has the seat may be another: no door is moved then, and nothing it tells is news."""
        return self._hass.loop.time() - self._claimed_at < DOUBT_SECONDS

    def check(self) -> None:
        """Raise `SeatContested` while there is doubt."""
        if self.is_open:
            raise SeatContested("two claim the seat")

    @callback
    def async_taken(self) -> None:
        """Note that the seat was taken from a connection that had not ended and only did not answer."""
        self._taken_at = self._hass.loop.time()

    @callback
    def async_claimed(self) -> None:
        """Note that somebody at the address of the present connection, which answers, claims the seat too."""
        now = self._hass.loop.time()
        if self.is_open or now - self._taken_at < DOUBT_SECONDS:
            self._claimed_at = now

    @callback
    def async_end(self) -> None:
        """Doubt no more: somebody has said who it is, or nobody is left."""
        self._taken_at = self._claimed_at = float("-inf")
