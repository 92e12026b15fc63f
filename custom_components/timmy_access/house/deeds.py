"""Who did what for whom: a line of the change log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ..ledger import HouseChange


class Did(StrEnum):
    """What was done, in a word that the interface translates."""

    ADDED = "added"
    CHANGED = "changed"
    DISABLED = "disabled"
    REMOVED = "removed"
    GROUP_ADDED = "group_added"
    GROUP_CHANGED = "group_changed"
    GROUP_REMOVED = "group_removed"
    KEPT_IN_STEP = "kept_in_step"
    OBSERVED = "observed"
    REPLACED = "replaced"
    SETTLED = "settled"
    TAKEN_OVER = "taken_over"
    VAULT_EMPTIED = "vault_emptied"


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What somebody did.

    `by` is the id of a user of Home Assistant, None for an automation. `name` is that of the person, group or terminal
    it was done for. `fields` are names of what was changed, never values.
    """

    did: Did
    at: datetime
    by: str | None
    name: str
    person_id: str | None = None
    fields: tuple[str, ...] = ()

    @property
    def line(self) -> HouseChange:
        """How it lies in the change log."""
        return HouseChange(
            changed_at=self.at,
            person_id=self.person_id,
            document={"did": self.did.value, "by": self.by, "name": self.name, "fields": list(self.fields)},
        )


def told(line: HouseChange) -> Mapping[str, Any]:
    """Return a line of the change log as words: `did`, `by`, `name` and `fields`."""
    document = line.document
    return {
        "did": document.get("did"),
        "by": document.get("by"),
        "name": document.get("name"),
        "fields": list(document.get("fields", ())),
    }
