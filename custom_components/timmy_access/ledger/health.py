"""How the ledger is: for repairs, diagnostics and whoever listens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .errors import Cause


@dataclass(frozen=True, kw_only=True)
class Health:
    """Whether the ledger takes records, and since when (UTC) that is so.

    `cause` and `detail` say why it does not. `set_aside` is the new name of a corrupt file, once there was one: it is
    never deleted, and a new file was begun in its place. `identity` is the name that the database gave itself when it
    was made: another one is another database, with another history. None while it is not known.
    """

    available: bool
    since: datetime
    cause: Cause | None = None
    detail: str = ""
    set_aside: Path | None = None
    identity: str | None = None


@dataclass(frozen=True, kw_only=True)
class Counters:
    """What has been done since the ledger was started.

    `kept` and `duplicates` count records, `failures` calls by what they failed of. `queue_length` are the rows that
    wait to be written now, `largest_commit` and `rows_per_commit` rows, `last_commit` seconds.
    """

    kept: int
    duplicates: int
    commits: int
    largest_commit: int
    last_commit: float
    queue_length: int
    failures: Mapping[Cause, int]

    @property
    def rows_per_commit(self) -> float:
        """Rows an average commit wrote."""
        return self.kept / self.commits if self.commits else 0.0
