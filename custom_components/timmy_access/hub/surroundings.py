"""What all terminals of one listener have in common."""

from collections.abc import Callable
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..guests.passbook import Passbook
from ..house.house import House
from ..ledger import Ledger
from ..people.people import People
from ..people.roll_call import RollCall
from ..terminal.store import TerminalStore
from ..terminal.tasks import Tasks
from .homes import Homes


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a terminal is put together with.

    `on_kept` is called when there are new records. `people_of` are those of another terminal of the
    listener, by serial number.
    """

    hass: HomeAssistant
    entry: ConfigEntry
    tasks: Tasks
    ledger: Ledger
    store: TerminalStore
    on_kept: Callable[[], None]
    passbook: Passbook
    homes: Homes
    house: House
    roll_call: RollCall
    people_of: Callable[[str], People | None]
