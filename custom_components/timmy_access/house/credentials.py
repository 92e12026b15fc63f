"""What somebody identifies themselves with, and where it is."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class HouseCredential:
    """One credential of one person.

    `slot` is the number that terminals have for it (`protocol.enums.Credential`). `revision` (a ULID) changes when what
    it holds does. `algorithm` is that of a template, None where it does not matter or is not known. `terminals` are
    those that have this revision. `sealed` is what it holds, in the vault's keeping; None where only terminals have it.
    `mark` tells two card numbers or PINs from each other without telling what they are; None where that is not known.
    """

    person_id: str
    slot: int
    revision: str
    algorithm: str | None = None
    terminals: frozenset[str] = field(default_factory=frozenset)
    sealed: bytes | None = field(default=None, repr=False)
    mark: bytes | None = field(default=None, repr=False)
