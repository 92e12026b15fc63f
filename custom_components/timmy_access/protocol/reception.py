"""What a session asks of whoever decides about people at the doors."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from .answers import Answer, LogsAccepted, LogsRefused, PinVerdict, QrVerdict
from .messages import LogBatch, PinEntry, QrScan
from .unread import Unread


class Reception(Protocol):
    """Answers whoever stands at the doors, and takes the records that come from there."""

    def question_in(self, batch: LogBatch) -> Callable[[], Awaitable[LogsAccepted | None]] | None:
        """Return how to decide about the punch that a batch asks about; None where it asks nothing."""

    async def logs(self, batch: LogBatch) -> LogsAccepted | LogsRefused | None:
        """Keep records; the next come when these are done with."""

    async def set_aside(self, unread: Unread) -> bool:
        """Keep what is not understood, or have told of it; False, and it is not acknowledged, where neither can be."""

    async def qr_scan(self, scan: QrScan) -> QrVerdict | None:
        """Decide about a QR code."""

    async def pin_entry(self, entry: PinEntry) -> PinVerdict | None:
        """Decide about a PIN."""

    def answered(self, answer: Answer, *, delivered: bool) -> None:
        """Note whether an answer was written, or is lost with the connection."""
