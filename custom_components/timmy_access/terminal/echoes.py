"""What we have just written to a terminal, and hear again from it (field notes 4)."""

from collections import OrderedDict
from hashlib import blake2b
import time

from ..protocol.messages import UserUpload

# Bridges between terminals in the field remember what they wrote for three minutes (field notes 4).
ECHO_SECONDS = 180.0
# Credentials that may be written in that time: a face takes about four seconds (field notes 1, throughput).
MAX_ECHOES = 2000

type Key = tuple[int, int, bytes]


class Echoes:
    """Recognises the `senduser` that follows our own `setuserinfo`."""

    def __init__(self) -> None:
        """Start with nothing written."""
        self._written: OrderedDict[Key, float] = OrderedDict()

    def note(self, enroll_id: int, slot: int, record: int | str) -> None:
        """Remember a credential that is being written."""
        self._written[_key(enroll_id, slot, record)] = time.monotonic()
        if len(self._written) > MAX_ECHOES:
            self._written.popitem(last=False)

    def is_echo(self, upload: UserUpload) -> bool:
        """Return whether the terminal repeats what we wrote a moment ago."""
        if upload.enroll_id is None or upload.backup_number is None or upload.record is None:
            return False
        written = self._written.get(_key(upload.enroll_id, upload.backup_number, upload.record))
        return written is not None and time.monotonic() - written <= ECHO_SECONDS


def _key(enroll_id: int, slot: int, record: int | str) -> Key:
    # Only a digest stays in memory: templates and card numbers are nobody's business here.
    return (enroll_id, slot, blake2b(str(record).encode(errors="replace"), digest_size=16).digest())
