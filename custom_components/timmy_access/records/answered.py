"""What has been answered about, remembered over a reload of the listener.

After a restart of Home Assistant the ledger remembers instead, but for what it could not keep; by then nobody stands at
the door any more.
"""

from collections import OrderedDict
from collections.abc import Hashable
import time

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

_ANSWERED: HassKey[dict[str, Answered]] = HassKey(f"{DOMAIN}_answered")

# Questions of one terminal that are remembered: nobody asks as many in the time in which one is present.
REMEMBERED = 500
# For so long after the start of Home Assistant the one before it may have answered what still seems to be present:
# longer than a record counts as that, with the doubt about the clock.
FORGETFUL_SECONDS = 30.0


class Answered:
    """The questions of one terminal that have been answered."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._begun = time.monotonic()
        self._known: OrderedDict[Hashable, None] = OrderedDict()

    def __contains__(self, identity: Hashable) -> bool:
        """Return whether a record has been answered about."""
        return identity in self._known

    def note(self, identity: Hashable) -> None:
        """Remember a record that is answered about."""
        self._known[identity] = None
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    @property
    def is_forgetful(self) -> bool:
        """Whether something may have been answered that is not remembered here, but is in the ledger."""
        return time.monotonic() - self._begun < FORGETFUL_SECONDS


@callback
def async_answered(hass: HomeAssistant, serial: str) -> Answered:
    """Return what is remembered of a terminal since Home Assistant started."""
    return hass.data.setdefault(_ANSWERED, {}).setdefault(serial, Answered())
