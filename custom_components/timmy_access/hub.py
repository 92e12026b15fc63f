"""One listener, the terminals that may use it, and the ones that would like to."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
import logging

from homeassistant.config_entries import SOURCE_IGNORE, ConfigSubentry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .const import (
    CONF_DB_URL,
    CONF_KEEP_DAYS,
    CONF_LIVE_WINDOW,
    CONF_SERIAL,
    DOMAIN,
    KEEP_DAYS,
    LIVE_WINDOW,
    LOGGER,
    SUBENTRY_TERMINAL,
)
from .coordinator import TimmyAccessConfigEntry
from .ledger import Ledger
from .memory import Memory
from .nightly import Nightly
from .passbook import Passbook
from .pending import PendingTerminals
from .protocol.answers import RegistrationRefused
from .protocol.listener import Listener
from .protocol.log_budget import LogBudget
from .protocol.messages import Registration
from .protocol.peer import Peer
from .protocol.session import Session
from .statistics import AccessStatistics
from .terminal import Surroundings, Terminal

# How long the present connection of a serial number has to prove that it lives, before another address may take over.
TAKE_OVER_PROBE_SECONDS = 5.0

type TerminalListener = Callable[[Terminal], None]


class Hub:
    """The gate of the listener. Terminals are the subentries of the entry; nobody else comes in."""

    def __init__(self, hass: HomeAssistant, entry: TimmyAccessConfigEntry, ledger: Ledger) -> None:
        """Prepare the approved terminals, whose records go into `ledger`; nothing listens yet."""
        self._hass = hass
        self._entry = entry
        self.ledger = ledger
        self.log = LogBudget(LOGGER)
        self._memory = Memory(hass, entry.entry_id)
        self.statistics = AccessStatistics(
            hass,
            entry,
            ledger,
            self._memory,
            lambda: {serial: terminal.name for serial, terminal in self.terminals.items()},
        )
        self.passbook = Passbook(hass, entry, ledger)
        self._changed: list[TerminalListener] = []
        self._stop_nightly: CALLBACK_TYPE | None = None
        self.pending = PendingTerminals(hass, entry.entry_id)
        self.terminals: dict[str, Terminal] = {
            terminal.serial: terminal for terminal in map(self._make, entry.get_subentries_of_type(SUBENTRY_TERMINAL))
        }
        self.nightly = Nightly(hass, entry, ledger, self._memory, self.terminals.values)
        self.listener = Listener(self, entry.data[CONF_HOST], entry.data[CONF_PORT])
        self._started_with = self._needs_restart()
        self._async_apply_options()

    async def async_start(self) -> None:
        """Listen; raises OSError when the port cannot be had."""
        await self._memory.async_load()
        await self.passbook.async_load()
        await asyncio.gather(*(terminal.async_restore() for terminal in self.terminals.values()))
        await self.listener.start()
        self._stop_nightly = self.nightly.async_start()

    async def async_stop(self) -> None:
        """Close the port and all connections."""
        self.pending.async_drop_all()
        self.statistics.async_stop()
        self.passbook.calendars.async_stop()
        if self._stop_nightly is not None:
            self._stop_nightly()
            self._stop_nightly = None
        for terminal in self.terminals.values():
            await terminal.async_stop("unloading")
        await self.listener.stop()

    async def admit(self, registration: Registration, peer: Peer) -> Terminal | RegistrationRefused:
        """Let approved terminals in, and announce unknown ones (protocol.listener.Gate)."""
        serial = registration.serial
        if (terminal := self.terminals.get(serial)) is None:
            return self._async_refuse_unknown(registration, peer)
        session = terminal.session
        if session is None or session.peer.address == peer.address:
            return terminal  # terminals reconnect without closing (field notes 0.7)
        if await self._lives(session) and terminal.session is session:
            self.log.log(
                logging.WARNING,
                "%s claims to be %s, which is connected from %s; it stays out",
                peer.address,
                terminal.name,
                session.peer.address,
            )
            return RegistrationRefused(reason="This serial number is in use")
        return terminal

    @callback
    def async_apply(self) -> None:
        """Apply a changed entry live: other terminals keep their connections."""
        if self._started_with != self._needs_restart():
            self._hass.config_entries.async_schedule_reload(self._entry.entry_id)
            return
        self._async_apply_options()
        wanted = {
            subentry.data[CONF_SERIAL]: subentry for subentry in self._entry.get_subentries_of_type(SUBENTRY_TERMINAL)
        }
        for serial in self.terminals.keys() - wanted.keys():
            terminal = self.terminals.pop(serial)
            self._entry.async_create_task(self._hass, terminal.async_stop("removed"), f"stop {serial}")
        for serial, subentry in wanted.items():
            if (known := self.terminals.get(serial)) is None:
                self.terminals[serial] = known = self._make(subentry)
                self._entry.async_create_task(self._hass, known.async_restore(), f"restore {serial}")
                self.pending.async_drop(serial)
                self.listener.lobby.invite(serial)
            else:
                known.async_apply(subentry.title, subentry.data)
            for listener in tuple(self._changed):
                listener(known)

    @callback
    def async_subscribe_terminals(self, listener: TerminalListener) -> CALLBACK_TYPE:
        """Call `listener` with every terminal now and whenever one is added or changed."""
        self._changed.append(listener)
        for terminal in self.terminals.values():
            listener(terminal)
        return lambda: self._changed.remove(listener)

    def _make(self, subentry: ConfigSubentry) -> Terminal:
        surroundings = Surroundings(
            hass=self._hass,
            entry=self._entry,
            ledger=self.ledger,
            memory=self._memory,
            on_kept=self.statistics.async_changed,
            passbook=self.passbook,
        )
        terminal = Terminal(surroundings, subentry)
        terminal.clock.live_window = self._live_window
        return terminal

    @property
    def _live_window(self) -> timedelta:
        return timedelta(seconds=self._entry.options.get(CONF_LIVE_WINDOW, LIVE_WINDOW.total_seconds()))

    @callback
    def _async_apply_options(self) -> None:
        days = self._entry.options.get(CONF_KEEP_DAYS, KEEP_DAYS)
        self.nightly.keep_days = days or None
        for terminal in self.terminals.values():
            terminal.clock.live_window = self._live_window

    def _needs_restart(self) -> tuple[object, ...]:
        """Return the settings that cannot be changed while the listener runs."""
        return (self._entry.data[CONF_HOST], self._entry.data[CONF_PORT], self._entry.options.get(CONF_DB_URL))

    @staticmethod
    async def _lives(session: Session) -> bool:
        return not session.ended and await session.probe(TAKE_OVER_PROBE_SECONDS)

    @callback
    def _async_refuse_unknown(self, registration: Registration, peer: Peer) -> RegistrationRefused:
        serial = registration.serial
        entry = self._hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, serial)
        if entry is not None and entry.source == SOURCE_IGNORE:
            return RegistrationRefused(reason=f"{serial} is blocked in Home Assistant")
        if not self.pending.async_note(registration, peer):
            return RegistrationRefused(reason="Too many new terminals, try again later")
        return RegistrationRefused(reason=f"Approve {serial} in Home Assistant")
