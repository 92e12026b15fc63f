"""One listener, the terminals that may use it, and the ones that would like to."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from ssl import SSLContext
from typing import Any, Self

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry, ConfigEntryState, ConfigSubentry
from homeassistant.const import CONF_HOST, CONF_MODEL, CONF_PORT
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import (
    CONF_DB_URL,
    CONF_DOORS,
    CONF_EVERYBODY_GONE_AT,
    CONF_KEEP_DAYS,
    CONF_SERIAL,
    CONF_TLS_PORT,
    CONF_VAULT,
    DOMAIN,
    KEEP_DAYS,
    LOGGER,
    SUBENTRY_TERMINAL,
)
from ..guests.book import Book
from ..guests.passbook import Passbook
from ..guests.shared_books import async_acquire_book, async_release_book
from ..house.house import House
from ..ledger import Ledger, LedgerUnavailable
from ..people.muster import Muster
from ..people.roll_call import RollCall
from ..protocol.listener import Encryption, Listener
from ..protocol.messages import Registration
from ..protocol.peer import Peer
from ..records.ledgers import async_acquire, async_release
from ..records.statistics import AccessStatistics, Counted
from ..terminal.store import Replacement, TerminalStore
from ..terminal.tasks import Tasks
from .absences import Absences
from .address import allowed_networks
from .begun_anew import BegunAnew
from .caretaker import Caretaker
from .certificates import async_tls_context
from .claims import Claims
from .door_orders import DoorOrders
from .elsewhere import Elsewhere
from .gate import Gate
from .homes import Homes
from .identity import facts_data
from .listening import fixed_settings
from .making import async_make
from .nightly import Nightly
from .outsiders import Outsiders
from .pending import PendingTerminal, PendingTerminals
from .recordings import Recordings
from .replacement import async_carry_out, async_follow, async_plan
from .surroundings import Surroundings
from .terminal import Terminal
from .troubles import TroubleWatch
from .wall_clock import WallClock
from .workdays import Workdays

# For what is still to be written when everything stops. With the 2 s that passes take and the 4 s that the ledger takes
# to close, it stays below the 10 s that Home Assistant gives an integration to unload.
REST_SECONDS = 3.0

type TerminalListener = Callable[[Terminal], None]


class Hub:
    """What a listener consists of. Terminals are the subentries of the entry; nobody else comes in."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        ledger: Ledger,
        book: Book,
        store: TerminalStore,
        tls: SSLContext | None = None,
    ) -> None:
        """Prepare for terminals, whose records go into `ledger` and passes into `book`; nothing listens yet.

        `store` has been loaded. `tls` is how to listen encrypted, if that is wanted. There are no terminals yet.
        """
        self._hass = hass
        self._entry = entry
        self.entry_id = entry.entry_id
        self._tasks = Tasks(hass, entry)
        self.ledger = ledger
        self._store = store
        self.statistics = AccessStatistics(hass, self._tasks, ledger, self._store, self._counted)
        self.workdays = Workdays(entry, ledger)
        self.passbook = Passbook(hass, entry.entry_id, self._tasks, book)
        self.house = House(hass, entry.entry_id, self._tasks, ledger, lambda: tuple(self.terminals))
        self.roll_call = RollCall(hass)
        self.muster = Muster(hass, entry.entry_id, self.roll_call)
        self.absences = Absences(hass, entry.entry_id)
        self.homes = Homes(hass, self._store)
        self.caretaker = Caretaker(hass, entry, self._tasks, self.house, lambda: self.terminals, self.homes.of)
        # About how many of how many people a terminal has been asked that is looked at, by serial number.
        self.asked: dict[str, tuple[int, int]] = {}
        self._changed: list[TerminalListener] = []
        self._kept: list[Callable[[], None]] = []
        self._stopping: asyncio.Task[None] | None = None
        self._stop_clocks: list[CALLBACK_TYPE] = []
        self.pending = PendingTerminals(hass, entry.entry_id)
        self.claims = Claims(hass, entry.entry_id)
        self._outsiders = Outsiders(hass, entry.entry_id)
        self._elsewhere = Elsewhere(hass, entry, _is_connected)
        self.terminals: dict[str, Terminal] = {}
        self.recordings = Recordings(hass, entry.entry_id, self._tasks, self.house, ledger, self.terminals.values)
        self.door_orders = DoorOrders(hass, entry.entry_id, self._tasks, lambda: tuple(self.terminals.values()))
        self._watches: dict[str, TroubleWatch] = {}
        self.nightly = Nightly(
            hass, self._tasks, ledger, self._store, self.terminals.values, self.house.keeper, self._elsewhere.has
        )
        self._wall_clock = WallClock(hass, self._async_tell_time)
        encryption = None if tls is None else Encryption(context=tls, port=entry.options.get(CONF_TLS_PORT))
        self.gate = Gate(self.terminals, self.claims, self.homes, self._outsiders, self._async_announce)
        self.listener = Listener(self.gate, entry.data[CONF_HOST], entry.data[CONF_PORT], encryption=encryption)
        self.listener.lobby.is_home = self.homes.is_one
        self.gate.invite = self.listener.lobby.invite
        self._started_with = fixed_settings(self._entry)
        self._async_apply_options()

    @classmethod
    async def async_make(cls, hass: HomeAssistant, entry: ConfigEntry) -> Self:
        """Return the hub of an entry, which has a ledger and a book from now on and lets go of them in `async_stop`.

        Raises `CertificateInvalid`.
        """
        tls = await async_tls_context(hass, entry.options)
        ledger = await async_acquire(hass, entry.options.get(CONF_DB_URL))
        try:
            book = await async_acquire_book(hass, ledger)
            try:
                store = TerminalStore(hass, entry.entry_id)
                await store.async_load()
                await async_carry_out(hass, entry, ledger, book, store)
                hub = cls(hass, entry, ledger, book, store, tls)
                await async_make(hub.terminals, hub._make, entry.get_subentries_of_type(SUBENTRY_TERMINAL))
            except BaseException:
                await async_release_book(hass, book)
                raise
        except BaseException:
            await async_release(hass, ledger)
            raise
        return hub

    async def async_start(self) -> None:
        """Listen, unless stopped meanwhile; raises OSError when the port cannot be had."""
        await asyncio.gather(
            self.passbook.async_load(),
            self.house.async_load(),
            self.muster.async_load(),
            self.caretaker.noticed.async_load(),
            self.absences.async_load(self.terminals),
            self.door_orders.async_load(),
        )
        self.door_orders.async_take_up(*self.terminals.values())
        await asyncio.gather(*(terminal.async_restore() for terminal in self.terminals.values()))
        await self.recordings.async_start()
        await self.listener.start()
        if self._stopping is not None:
            return
        self._store.async_note_ours(self.terminals)
        self.caretaker.async_start()
        for terminal in self.terminals.values():
            self._async_watch(terminal)
        begun_anew = BegunAnew(self._hass, self._entry.entry_id, self.ledger, self._store)
        self._stop_clocks += (self.nightly.async_start(), self._wall_clock.async_start(), begun_anew.async_start())
        self._stop_clocks.append(async_follow(self._hass, self._entry, self.ledger, self._store))

    async def async_stop(self) -> None:
        """Stop for good: be deaf and dumb from the first step on, then close, write what is left, and free the ledger.

        From that step on no terminal is served, however long the rest takes: not by what is under way, and not by who
        is just coming in. All connections are closed together. What is still to be written has a limit, and after it
        the ledger is given back, last of all. Whoever calls this again waits for the same.
        """
        self._async_deafen()
        if self._stopping is None:
            self._stopping = self._hass.async_create_task(self._async_wind_up(), "stop the listener", eager_start=True)
        await asyncio.shield(self._stopping)

    @callback
    def _async_deafen(self) -> None:
        # Terminals dial again at once; who has been seen off must not come back while others are.
        self.gate.is_open = False
        self.listener.deafen()
        self.roll_call.async_stop()
        self.absences.async_deafen()
        for terminal in self.terminals.values():
            terminal.async_deafen()
        self.pending.async_drop_all()
        self.recordings.async_stop()
        self.door_orders.async_stop(clear=not self._hass.is_stopping)
        self.passbook.async_stop()
        while self._stop_clocks:
            self._stop_clocks.pop()()
        # What is wrong and has been ignored stays ignored over a restart.
        stays = self._hass.is_stopping
        self.claims.async_stop(clear=not stays)
        self._outsiders.async_stop(clear=not stays)
        self.caretaker.async_stop(clear=not stays)
        self._elsewhere.async_stop()
        for watch in self._watches.values():
            watch.async_stop(clear=not stays)
        self._watches.clear()

    async def _async_wind_up(self) -> None:
        await _async_all(self.listener.stop("unloading"), self._async_write_rest())
        await self.door_orders.async_close()
        await async_release_book(self._hass, self.passbook.book)
        await async_release(self._hass, self.ledger)

    async def _async_write_rest(self) -> None:
        """Write what is only in memory so far."""
        with suppress(TimeoutError):
            async with asyncio.timeout(REST_SECONDS):
                await self.statistics.async_stop()
                await _async_all(
                    self._store.async_stop(),
                    self.caretaker.noticed.async_stop(),
                    self.absences.async_stop(),
                    self.house.async_stop(),
                    *(terminal.async_stop("unloading") for terminal in self.terminals.values()),
                )

    @callback
    def async_apply(self) -> None:
        """Apply a changed entry live: other terminals keep their connections."""
        if self._stopping is not None:
            return
        self._async_apply_options()
        if self._started_with != fixed_settings(self._entry):
            self._hass.config_entries.async_schedule_reload(self._entry.entry_id)
            return
        wanted = {
            subentry.data[CONF_SERIAL]: subentry for subentry in self._entry.get_subentries_of_type(SUBENTRY_TERMINAL)
        }
        for serial in self.terminals.keys() - wanted.keys():
            terminal = self.terminals.pop(serial)
            self.claims.async_drop(serial)
            self.homes.async_forget(serial)
            self.caretaker.async_forget(serial)
            self.absences.async_forget(serial)
            if (watch := self._watches.pop(serial, None)) is not None:
                watch.async_stop(clear=True)
            self._tasks.async_see_through(self.door_orders.async_part(terminal), f"stop {serial}")
            self._tasks.async_see_through(self.house.async_forget_terminal(serial), f"forget {serial}")
        for serial, subentry in wanted.items():
            if (known := self.terminals.get(serial)) is None:
                self.terminals[serial] = known = self._make(subentry)
                self._tasks.async_see_through(known.async_restore(), f"restore {serial}")
                self.door_orders.async_take_up(known)
                self._tasks.async_see_through(self.house.async_note_ours(), "note whose numbers are held")
                self._async_watch(known)
                if (address := self.pending.address_of(serial, known.identity.doubt)) is not None:
                    self.homes.async_settle(serial, address)
                self.pending.async_drop(serial)
                self.listener.lobby.invite(serial)
            elif known.async_apply(subentry.title, subentry.data):
                self.listener.lobby.invite(serial)
            self.door_orders.async_look(known)
            for listener in tuple(self._changed):
                listener(known)
        self._store.async_note_ours(self.terminals)

    async def async_replace(self, terminal: Terminal, waiting: PendingTerminal, doors: int) -> bool:
        """Put a terminal that waits, with so many doors, into the place of an approved one: the listener starts again.

        False where the database has gone away meanwhile: then it is done when that is back. Raises `HouseUnknown` and
        `LedgerUnavailable`, and then nothing has changed.
        """
        names = {enroll_id: terminal.name_of(enroll_id) or "" for enroll_id in self._store.links(terminal.serial)}
        plan = Replacement(
            subentry_id=terminal.subentry_id,
            old=terminal.serial,
            new=waiting.serial,
            address=waiting.address,
            data={CONF_MODEL: waiting.model, CONF_DOORS: doors, **facts_data(waiting.facts)},
            names=names,
        )
        await async_plan(self._entry, self.ledger, self.house, self.passbook.book, self._store, plan)
        await self._hass.config_entries.async_reload(self._entry.entry_id)
        subentry = self._entry.subentries.get(terminal.subentry_id)
        return subentry is not None and subentry.unique_id == waiting.serial

    @property
    def title(self) -> str:
        """What the listener is called."""
        return self._entry.title

    @callback
    def async_subscribe_terminals(self, listener: TerminalListener, *, later: bool = False) -> CALLBACK_TYPE:
        """Call `listener` with every terminal now, unless only `later` counts, and whenever one is new or changed."""
        self._changed.append(listener)
        for terminal in () if later else self.terminals.values():
            listener(terminal)
        return lambda: self._changed.remove(listener)

    @callback
    def async_subscribe_kept(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` after every commit that had something new for the log of a terminal."""
        self._kept.append(listener)
        return lambda: self._kept.remove(listener)

    @callback
    def _async_kept(self) -> None:
        self.statistics.async_changed()
        for listener in tuple(self._kept):
            listener()

    @callback
    def _async_tell_time(self) -> None:
        for terminal in self.terminals.values():
            if terminal.coordinator.data.online:  # others are told when they register
                terminal.reception.async_tell_time()

    @callback
    def _async_watch(self, terminal: Terminal) -> None:
        watch = self._watches[terminal.serial] = TroubleWatch(self._hass, self._entry.entry_id, terminal)
        watch.async_start()
        self.caretaker.async_terminal(terminal)
        self.absences.async_terminal(terminal)

    def _make(self, subentry: ConfigSubentry) -> Terminal:
        surroundings = Surroundings(
            hass=self._hass,
            entry=self._entry,
            tasks=self._tasks,
            ledger=self.ledger,
            store=self._store,
            on_kept=self._async_kept,
            passbook=self.passbook,
            homes=self.homes,
            house=self.house,
            roll_call=self.roll_call,
            people_of=lambda serial: it.people if (it := self.terminals.get(serial)) else None,
        )
        terminal = Terminal(surroundings, subentry)
        terminal.async_apply_options(self._entry.options)
        return terminal

    def _counted(self) -> dict[str, Counted]:
        """Return how terminals are counted; one that is back beside who has taken its place is another."""
        taken = {terminal.identity.counted_as for terminal in self.terminals.values()}
        return {
            serial: Counted(
                name=terminal.name,
                counted_as=terminal.identity.counted_as or (f"{serial}_2" if serial in taken else serial),
                former=terminal.identity.former_serials,
            )
            for serial, terminal in self.terminals.items()
        }

    @callback
    def _async_apply_options(self) -> None:
        self.house.async_apply(wants_vault=self._entry.options.get(CONF_VAULT, False))
        gone_at = self._entry.options.get(CONF_EVERYBODY_GONE_AT)
        self.roll_call.async_apply(gone_at and dt_util.parse_time(gone_at))
        days = self._entry.options.get(CONF_KEEP_DAYS, KEEP_DAYS)
        self.nightly.keep_days = days or None
        for terminal in self.terminals.values():
            terminal.async_apply_options(self._entry.options)
        networks = allowed_networks(self._entry.options)
        self.listener.limit_to(networks)
        self._outsiders.async_allowed(networks)

    @callback
    def _async_announce(self, registration: Registration, peer: Peer) -> None:
        """Announce an unknown terminal, unless it has been blocked, or is another listener's."""
        if self._elsewhere.async_note(registration, peer):
            return
        entry = self._hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, registration.serial)
        if entry is None or entry.source != SOURCE_IGNORE:
            self.pending.async_note(registration, peer)


def _is_connected(entry: ConfigEntry[Hub], serial: str) -> bool:
    terminal = entry.runtime_data.terminals.get(serial) if entry.state is ConfigEntryState.LOADED else None
    return terminal is not None and terminal.session is not None


async def _async_all(*work: Coroutine[Any, Any, None]) -> None:
    """Do all of it together; what fails keeps nothing else from being done."""
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, LedgerUnavailable):
            LOGGER.debug("Not written while stopping: %s", result)
        elif isinstance(result, Exception):
            LOGGER.error("Stopping went wrong", exc_info=result)


type TimmyAccessConfigEntry = ConfigEntry[Hub]
