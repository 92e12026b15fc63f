"""Records of a terminal as the ledger keeps them."""

from collections.abc import Sequence
from datetime import datetime
from itertools import repeat

from ..ledger import Entry, Identity
from ..protocol.messages import LogRecord
from ..protocol.peer import printable
from ..protocol.table import Table
from ..terminal.clock import Placed


def entries_of(records: Table[LogRecord], placed: Sequence[Placed], received_at: datetime) -> list[Entry]:
    """Return records as entries, each at its place in time."""
    columns = zip(
        *map(records.column, Identity._fields),
        [place.occurred_at for place in placed],
        repeat(received_at),
        [place.live for place in placed],
        records.column("verify_mode"),
        [printable(name) if name else None for name in records.column("name")],
        records.column("temperature"),
        records.column("extra"),
        strict=False,
    )
    return list(map(Entry._make, columns))
