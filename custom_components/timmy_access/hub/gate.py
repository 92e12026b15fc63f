"""Who is let in: approved terminals, each by one connection at a time."""

import asyncio
from collections.abc import Callable, Mapping
import logging

from homeassistant.core import callback

from ..protocol.answers import RegistrationRefused
from ..protocol.hardware import HardwareFacts
from ..protocol.messages import Registration
from ..protocol.peer import Peer
from ..protocol.session import Session
from .claims import Claim, Claims
from .homes import Homes
from .identity import Doubt
from .outsiders import Outsiders
from .terminal import Terminal

# How long the present connection of a serial number has to prove that it lives, before another address may take over.
TAKE_OVER_PROBE_SECONDS = 5.0
# And before another connection from its own address may: most often that is the terminal itself, which has left the old
# one behind, and waits.
RETURN_PROBE_SECONDS = 3.0
# A frame as recent as this is proof enough: whoever claims the serial number again and again makes its terminal answer
# no more than one question in that time, and a terminal that has moved waits that little longer.
FRESH_SECONDS = 10.0
# So is, for its own address, an answer to a question as recent as this.
ANSWERED_SECONDS = 5.0

_MOVED = "%s claims to be %s and has to wait, because that was at %s until just now"


class Gate:
    """The gate of a listener (protocol.listener.Gate)."""

    def __init__(
        self,
        terminals: Mapping[str, Terminal],
        claims: Claims,
        homes: Homes,
        outsiders: Outsiders,
        announce: Callable[[Registration, Peer], None],
    ) -> None:
        """Let in `terminals`, by serial number; `announce` is told of who is none of them.

        `invite` is to be set to what has a terminal that waits ask once more. Nobody is let in once it `is_open` no
        more.
        """
        self._terminals = terminals
        self._claims = claims
        self._homes = homes
        self._outsiders = outsiders
        self._announce = announce
        self._believed: set[Claim] = set()
        self.invite: Callable[[str], None] = lambda _: None
        self.is_open = True

    async def admit(self, registration: Registration, peer: Peer) -> Terminal | RegistrationRefused:
        """Let approved terminals in, and announce unknown ones (protocol.listener.Gate).

        Whoever is not let in is told the same, whatever the reason: who guesses learns nothing.
        """
        facts = HardwareFacts.of(registration)
        refused = self._claims.async_unadmitted(registration.serial)
        dead: Session | None = None
        await self._until_its_turn(registration.serial)
        # Whoever is asked takes time, in which everything may change: so all is looked at again afterwards.
        while self.is_open and (terminal := self._terminals.get(registration.serial)) is not None:
            session = terminal.session
            if (doubt := terminal.identity.doubt(facts, peer.address)) is None:
                if session is None or session is dead:
                    if self._may_come_back(terminal, session, peer):
                        if session is not None and session.is_reachable and session.peer.address == peer.address:
                            terminal.contest.async_taken()
                        self._claims.async_admitted(terminal.serial, peer.address, facts)
                        return terminal
                    self._claims.log.log(
                        logging.WARNING, _MOVED, peer.address, terminal.name, self._homes.of(terminal.serial)
                    )
                    return refused
                claim = Claim(doubt=Doubt.DUPLICATE, serial=terminal.serial, address=peer.address, facts=facts)
                if claim in self._believed or self._takes_back(terminal, session, peer):
                    self._believed.discard(claim)
                    terminal.contest.async_end()
                    return terminal
                if not await _holds_on(session, peer):
                    dead = session
                    continue
                doubt = Doubt.DUPLICATE
                if session.peer.address == peer.address and not self._claims.is_rejected(claim):
                    terminal.contest.async_claimed()
            self._claims.async_hold_off(
                Claim(doubt=doubt, serial=terminal.serial, address=peer.address, facts=facts),
                terminal.name,
                terminal.identity,
                session.peer.address if session else None,
            )
            return refused
        if self.is_open:
            self._announce(registration, peer)
        return refused

    async def _until_its_turn(self, serial: str) -> None:
        """Wait where a terminal has come in very often; whoever is not let in takes nothing of that."""
        terminal = self._terminals.get(serial)
        if terminal is not None and (seconds := terminal.pace.until_next_visit()):
            await asyncio.sleep(seconds)

    def _may_come_back(self, terminal: Terminal, dead: Session | None, peer: Peer) -> bool:
        """Return whether a terminal that is not connected may come in from an address."""
        serial = terminal.serial
        if dead is None or dead.peer.address != self._homes.of(serial):
            return self._homes.may_come_from(serial, peer.address)
        return self._homes.may_come_from(serial, peer.address, dead.last_frame)

    def _takes_back(self, terminal: Terminal, session: Session, peer: Peer) -> bool:
        """Return whether a terminal is back at its own address, from which another took its seat."""
        return session.peer.address != peer.address == self._homes.of(terminal.serial)

    @callback
    def turned_away(self, peer: Peer, port: int) -> None:
        """Tell of a peer from outside the networks (protocol.listener.Gate)."""
        self._outsiders.async_turned_away(peer, port)

    @callback
    def async_believe(self, claim: Claim) -> None:
        """Let in a peer that was held off, because somebody says that it is their terminal."""
        terminal = self._terminals[claim.serial]
        if claim.doubt is Doubt.IDENTITY:
            terminal.identity.async_accept(claim.facts)
        else:
            terminal.identity.async_allow(claim.address)
            self._believed.add(claim)
        self._homes.async_settle(claim.serial, claim.address)
        self._claims.async_accepted(claim)
        terminal.async_check_session()
        self.invite(claim.serial)

    @callback
    def async_disbelieve(self, claim: Claim) -> None:
        """Keep out a peer that was held off, because somebody says that it is not their terminal."""
        self._claims.async_reject(claim)
        self._terminals[claim.serial].contest.async_end()


async def _holds_on(session: Session, peer: Peer) -> bool:
    """Return whether the present connection of a terminal stays, though somebody else claims to be it.

    From its own address, behind which there may be others, it stays while it answers; terminals leave connections
    behind without closing them (field notes 0.7). From elsewhere it stays while anything tells that it is there.
    """
    if session.peer.address == peer.address:
        return await session.answers(ANSWERED_SECONDS, RETURN_PROBE_SECONDS)
    return await session.lives(FRESH_SECONDS, TAKE_OVER_PROBE_SECONDS)
