"""Peers that claim to be an approved terminal and are held off, and the question to people about them.

A peer that is held off changes nothing: it reads on its screen what all read that are not let in, and a repair issue
asks whether it is the real terminal. The issue goes away with an answer, when the peer is let in, and when it has given
up long ago.
"""

from dataclasses import dataclass
import logging

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.device_registry import format_mac
from homeassistant.helpers.event import async_call_later

from ..const import LOGGER
from ..guests.screens import ScreenText, async_screen_text, filled
from ..issues import DATA_SERIAL, NOTHING, async_clear, async_raise
from ..protocol.answers import RegistrationRefused
from ..protocol.hardware import HardwareFacts
from ..protocol.log_budget import LogBudget
from ..protocol.networks import shown_network
from .identity import Doubt, Identity, facts_data

# A refused terminal asks again about every 20 s (field notes 1), so one that has not for a day is gone; and somebody
# who looks at Home Assistant once a day still sees that it was there.
FORGET_SECONDS = 24 * 3600.0
# Whoever takes turns with other claims must not make Home Assistant write issues all the time.
CHANGE_SECONDS = 60.0
# Answers "this is not my terminal" that are remembered until the next start; more than this is somebody who plays.
MAX_REJECTED = 64


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Somebody at `address` claims a serial number, with these facts."""

    doubt: Doubt
    serial: str
    address: str
    facts: HardwareFacts


@dataclass
class _Shown:
    claim: Claim
    changed_at: float
    claimed_at: float
    cancel: CALLBACK_TYPE | None = None


class Claims:
    """The claims on the terminals of one listener; one issue a terminal and doubt."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Start with nobody held off."""
        self._hass = hass
        self._entry_id = entry_id
        self._shown: dict[tuple[str, Doubt], _Shown] = {}
        self._rejected: dict[Claim, None] = {}
        self.log = LogBudget(LOGGER)

    @callback
    def async_hold_off(self, claim: Claim, name: str, identity: Identity, present_address: str | None) -> None:
        """Ask people about a peer."""
        if claim in self._rejected:
            return
        self.log.log(logging.WARNING, "%s claims to be %s and stays out: %s", claim.address, name, claim.doubt.value)
        now = self._hass.loop.time()
        key = (claim.serial, claim.doubt)
        if (shown := self._shown.get(key)) is None:
            shown = self._shown[key] = _Shown(claim, now, now)
            self._async_watch(key, FORGET_SECONDS)
        elif shown.claim != claim and now - shown.changed_at >= CHANGE_SECONDS:
            shown.claim, shown.changed_at = claim, now
        shown.claimed_at = now
        if shown.claim == claim:
            self._async_show(claim, name, identity, present_address)

    @callback
    def async_unadmitted(self, serial: str) -> RegistrationRefused:
        """Return what whoever is not let in is told, the same for all: who guesses learns nothing."""
        text = async_screen_text(self._hass, ScreenText.NOT_ADMITTED)
        return RegistrationRefused(reason=filled(text, serial=serial))

    @callback
    def async_admitted(self, serial: str, address: str, facts: HardwareFacts) -> None:
        """End the questions about a peer that has been let in."""
        for doubt in Doubt:
            shown = self._shown.get((serial, doubt))
            if shown is not None and (shown.claim.address, shown.claim.facts) == (address, facts):
                self._async_end((serial, doubt))

    @callback
    def async_reject(self, claim: Claim) -> None:
        """Ask no more about a claim: the peer is a stranger."""
        while len(self._rejected) >= MAX_REJECTED:
            del self._rejected[next(iter(self._rejected))]
        self._rejected[claim] = None
        self._async_end((claim.serial, claim.doubt))

    def is_rejected(self, claim: Claim) -> bool:
        """Return whether somebody has said that a peer is a stranger."""
        return claim in self._rejected

    @callback
    def async_accepted(self, claim: Claim) -> None:
        """End a question whose answer was yes."""
        self._async_end((claim.serial, claim.doubt))

    @callback
    def async_drop(self, serial: str) -> None:
        """End all questions about a terminal."""
        for doubt in Doubt:
            self._async_end((serial, doubt))

    @callback
    def async_stop(self, *, clear: bool) -> None:
        """Stop watching, and take the questions back unless they are to wait for the next start."""
        for key, shown in tuple(self._shown.items()):
            if clear:
                self._async_end(key)
            elif shown.cancel is not None:
                shown.cancel()
                shown.cancel = None

    @callback
    def _async_show(self, claim: Claim, name: str, identity: Identity, present_address: str | None) -> None:
        pinned = identity.pinned
        async_raise(
            self._hass,
            self._entry_id,
            claim.doubt.value,
            claim.serial,
            placeholders={
                "name": name,
                "serial": claim.serial,
                "address": claim.address,
                "present_address": present_address or NOTHING,
                "network": shown_network(identity.network) if identity.network else NOTHING,
                "cpu_serial": claim.facts.cpu_serial or NOTHING,
                "pinned_cpu_serial": pinned.cpu_serial or NOTHING,
                "mac": _shown_mac(claim.facts.mac),
                "pinned_mac": _shown_mac(pinned.mac),
            },
            data={DATA_SERIAL: claim.serial, "address": claim.address, **facts_data(claim.facts)},
        )

    @callback
    def _async_watch(self, key: tuple[str, Doubt], seconds: float) -> None:
        @callback
        def _async_look(_: object) -> None:
            shown = self._shown[key]
            silent = self._hass.loop.time() - shown.claimed_at
            if silent >= FORGET_SECONDS:
                self._async_end(key)
            else:
                self._async_watch(key, FORGET_SECONDS - silent)

        self._shown[key].cancel = async_call_later(
            self._hass, seconds, HassJob(_async_look, f"claims on {key[0]}", cancel_on_shutdown=True)
        )

    @callback
    def _async_end(self, key: tuple[str, Doubt]) -> None:
        if (shown := self._shown.pop(key, None)) is not None and shown.cancel is not None:
            shown.cancel()
        serial, doubt = key
        async_clear(self._hass, doubt.value, serial)


def _shown_mac(mac: str | None) -> str:
    return format_mac(mac) if mac else NOTHING
