"""Who has just come in with a pass, so that the record which the terminal makes of it says so.

A terminal that opens after it has asked about a code may put that into its log like any other punch. It is known by
whom it is about and how they were verified, within the seconds in which somebody stands at the door. One pass is one
record, so that whoever comes in by themselves right afterwards is not taken for it.
"""

from time import monotonic

from ..protocol.enums import VerifyMethod
from ..protocol.messages import LogRecord
from ..terminal.clock import PRESENT
from ..terminal.moments import CodeSource

_METHODS = {
    CodeSource.PIN: frozenset({VerifyMethod.PASSWORD, VerifyMethod.PASSWORD_ALTERNATIVE}),
    CodeSource.QR_CODE: frozenset({VerifyMethod.QR_CODE}),
}


class Passed:
    """The last one of a terminal who came in with a pass of somebody on it."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._guest: tuple[int, CodeSource, float] | None = None

    def note(self, enroll_id: int, source: CodeSource) -> None:
        """Note that somebody was let in by a pass, and that the terminal was told."""
        self._guest = enroll_id, source, monotonic()

    def take(self, record: LogRecord) -> bool:
        """Return whether a record of now is of that, once."""
        if self._guest is None:
            return False
        enroll_id, source, at = self._guest
        if monotonic() - at > PRESENT.total_seconds():
            self._guest = None
        elif record.enroll_id == enroll_id and record.method in _METHODS[source]:
            self._guest = None
            return True
        return False
