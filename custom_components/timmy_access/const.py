"""Words that several modules share."""

from datetime import timedelta
import logging
from typing import Final

DOMAIN: Final = "timmy_access"
LOGGER = logging.getLogger(__package__)

SUBENTRY_TERMINAL: Final = "terminal"

CONF_DOORS: Final = "doors"
CONF_HOLD_OPEN: Final = "hold_open"
CONF_SERIAL: Final = "serial"

ALL_ADDRESSES: Final = "0.0.0.0"  # noqa: S104 - terminals are elsewhere on the network

# Access controllers have four doors, every other terminal one (specification B19).
MAX_DOORS: Final = 4

# A record older than this is history: real terminals report a punch within 5 s (field notes 3), and an automation that
# acts on what happened minutes ago may act on a door nobody stands at any more.
LIVE_WINDOW: Final = timedelta(seconds=120)
