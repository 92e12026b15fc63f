"""Fills the vault with what only terminals have: fingers, faces and cards that were there before, or recorded there."""

from collections.abc import Callable, Mapping, Sequence

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..const import LOGGER
from ..house.arrivals import Contents
from ..house.errors import HouseUnknown
from ..house.house import House
from ..house.vault import VaultState
from ..house.whereabouts import Unkept, unkept
from ..ledger import LedgerUnavailable
from ..people.people import CARD_SLOT, PASSWORD_SLOT
from ..protocol.errors import CommandRefused, CommandTimeout, ProtocolError
from ..protocol.session import Session
from ..protocol.turns import Priority
from ..terminal.tasks import Tasks
from .house_watch import HouseWatch
from .terminal import Terminal

# Kept in one transaction. What was read and is not kept yet when everything ends is read once more.
MANY = 50
# A photo has some hundred thousand; no more than this is held in memory in the clear.
MAX_CHARACTERS = 2_000_000
# What firmware tells of a slot that holds nothing (field notes 4).
_NOTHING = (None, "", 0, "0")


class Gathering:
    """Reads one credential at a time, behind everything else, from terminals that are kept in step."""

    def __init__(
        self,
        hass: HomeAssistant,
        tasks: Tasks,
        house: House,
        watch: HouseWatch,
        terminals: Callable[[], Mapping[str, Terminal]],
    ) -> None:
        """Read nothing until `async_start`; `terminals` are the approved ones, by serial number."""
        self._hass = hass
        self._tasks = tasks
        self._house = house
        self._watch = watch
        self._terminals = terminals
        self._is_busy = self._is_due = False
        # What a terminal did not tell over a connection, or there was no room for, is not asked for again over it.
        self._in_vain: dict[Unkept, Session] = {}
        self._unsubscribe: list[CALLBACK_TYPE] = []

    @callback
    def async_start(self) -> None:
        """Look now, and whenever house, terminals or vault are others."""
        self._unsubscribe = [
            self._watch.async_subscribe(self._async_look),
            self._house.vault.async_subscribe(self._async_look),
        ]
        self._async_look()

    @callback
    def async_stop(self) -> None:
        """Read nothing any more."""
        while self._unsubscribe:
            self._unsubscribe.pop()()

    @callback
    def _async_look(self) -> None:
        self._is_due = True
        if not self._is_busy and self._house.vault.state is VaultState.OPEN:
            self._is_busy = True
            self._tasks.async_start(self._async_gather(), "fill the vault", eager=False)

    async def _async_gather(self) -> None:
        try:
            while self._is_due and self._unsubscribe:
                self._is_due = False
                for one in await self._async_wanted():
                    self._is_due = await self._async_read(one) or self._is_due
        except (HouseUnknown, LedgerUnavailable) as err:
            LOGGER.debug("The vault is not filled yet: %s", err)
        finally:
            self._is_busy = False

    async def _async_wanted(self) -> Sequence[Sequence[Unkept]]:
        """Return what is to be read, a few at a time of one terminal."""
        household = self._house.known()
        sessions = {serial: it.session for serial, it in self._terminals().items()}
        online = {serial: session for serial, session in sessions.items() if session is not None}
        self._in_vain = {one: session for one, session in self._in_vain.items() if online.get(one.serial) is session}
        found = await self._hass.async_add_executor_job(lambda: tuple(unkept(household, online.keys())))
        chosen: dict[str, list[Unkept]] = {}
        places: set[tuple[str, int]] = set()
        for one in found:
            few = chosen.setdefault(one.serial, [])
            if one not in self._in_vain and one.place not in places and len(few) < MANY:
                few.append(one)
                places.add(one.place)
        return [few for few in chosen.values() if few]

    async def _async_read(self, wanted: Sequence[Unkept]) -> bool:
        """Read some credentials of one terminal and keep them; False where it is away."""
        terminal = self._terminals().get(wanted[0].serial)
        session = terminal.session if terminal else None
        if terminal is None or session is None:
            return False
        told: dict[tuple[str, int], tuple[str, Contents]] = {}
        asked: list[Unkept] = []
        is_there = True
        for one in wanted:
            size = sum(len(str(contents)) for _, contents in told.values())
            if self._house.vault.state is not VaultState.OPEN or size > MAX_CHARACTERS or not self._unsubscribe:
                break
            asked.append(one)
            try:
                record = (await terminal.people.async_record(one.enroll_id, one.slot, Priority.BULK)).record
            except CommandRefused, CommandTimeout:
                continue
            except ProtocolError:
                is_there = False
                break
            if (contents := _contents(one.slot, record)) is not None:
                told[one.place] = (one.revision, contents)
        kept = await self._house.safe.async_keep(told)
        self._in_vain |= dict.fromkeys((one for one in asked if one.place not in kept), session)
        return is_there and bool(asked)


def _contents(slot: int, record: int | str | None) -> Contents | None:
    """Return what a credential holds, numbers as numbers: firmware tells them as texts too; None for nothing."""
    if record is None or record in _NOTHING:
        return None
    text = str(record).strip()
    is_number = slot in (CARD_SLOT, PASSWORD_SLOT) and text.isascii() and text.isdigit()
    # A PIN that begins with zero is another than the one without it.
    return int(text) if is_number and not text.startswith("0") else record
