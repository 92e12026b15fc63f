"""Records of a terminal as the ledger keeps them."""

from collections.abc import Sequence
from datetime import datetime
from itertools import repeat

from ..ledger import Decider, Entry, Identity
from ..protocol.messages import LogRecord
from ..protocol.peer import printable
from ..protocol.table import Table
from ..terminal.clock import Placed


def entries_of(
    records: Table[LogRecord],
    identities: Sequence[Identity],
    placed: Sequence[Placed],
    received_at: datetime,
    decided_by: Decider | None,
) -> list[Entry]:
    """Return records as entries, each at its place in time.

    `decided_by` is who decided about the punches that are news, where that is known already.
    """
    *said, aparts = zip(*identities, strict=True) if identities else ((),) * len(Identity._fields)
    columns = zip(
        *said,
        [place.occurred_at for place in placed],
        repeat(received_at),
        [place.live for place in placed],
        records.column("verify_mode"),
        [printable(name) if name else None for name in records.column("name")],
        records.column("temperature"),
        records.column("extra"),
        aparts,
        repeat(None),
        [
            decided_by if place.live and identity.enroll_id else None
            for identity, place in zip(identities, placed, strict=True)
        ],
        strict=False,
    )
    return list(map(Entry._make, columns))
