"""How long firmware takes and waits."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Delays of the firmware in seconds; the defaults are those of real terminals (field notes 1)."""

    connect_to_reg: float = 2.0
    """From the open socket to `reg`: 2 s in 53 of 53 connections."""
    reconnect: float = 3.0
    """From a lost socket to the next dial (the menu's "Heart beat")."""
    reg_repeat: float = 20.0
    """An unanswered or refused `reg` is repeated on the same socket."""
    heartbeat: float = 20.0
    """AiFace firmware repeats an accepted `reg` too."""
    ack_wait: float = 20.0
    """AiFace firmware closes the socket when a push was not acknowledged for so long."""
    resend: float = 1 / 16
    """Fingerprint terminals repeat an unacknowledged push at this interval, for ever."""
    reboot: float = 10.0
    """From a reboot or a power cut to the next dial."""
    approval: float = 5.0
    """A server's approval which comes later than this opens nothing."""
    enrolment: float = 120.0
    """A person has so long to scan after `adduser`."""
    second: float = 1.0
    """Length of one second of the terminal's own settings, for instance of `opendelay`."""
    dial: float = 10.0
    """A TCP or WebSocket handshake without an answer is given up."""

    @classmethod
    def fast(cls) -> Self:
        """Return a firmware in a hurry, for tests: waits for the server stay long enough for a busy machine."""
        return cls(
            connect_to_reg=0.005,
            reconnect=0.02,
            reg_repeat=0.1,
            heartbeat=0.5,
            ack_wait=2.0,
            resend=0.03,
            reboot=0.05,
            approval=2.0,
            enrolment=2.0,
            second=0.05,
            dial=5.0,
        )
