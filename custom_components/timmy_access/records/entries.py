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
    occurred_at, live = zip(*placed, strict=True) if placed else ((), ())
    columns = zip(
        *said,
        occurred_at,
        repeat(received_at),
        live,
        records.column("verify_mode"),
        _shown(records.column("name")),
        records.column("temperature"),
        records.column("extra"),
        aparts,
        repeat(None),
        [
            decided_by if is_live and identity.enroll_id else None
            for identity, is_live in zip(identities, live, strict=True)
        ],
        strict=False,
    )
    return list(map(Entry._make, columns))


def _shown(names: Sequence[str | None]) -> list[str | None]:
    shown = {name: printable(name) if name else None for name in set(names)}
    return [shown[name] for name in names]
