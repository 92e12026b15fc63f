"""What closes: it acts at once, is done any number of times with the same outcome, and survives what may come."""

from collections.abc import Mapping
from copy import replace
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from .changes import without_person
from .deeds import Deed, Did
from .household import Household


class Closes(StrEnum):
    """How somebody is kept out."""

    DISABLE = "disable"
    REMOVE = "remove"


@dataclass(frozen=True, kw_only=True)
class Closing:
    """Somebody is kept out, since a time. `by` is who wants it so (see `Deed`)."""

    how: Closes
    person_id: str
    at: datetime
    by: str | None

    def apply(self, household: Household) -> Household:
        """Return the house after it; the same house where there is nothing left to close."""
        person = household.people.get(self.person_id)
        if person is None:
            return household
        if self.how is Closes.REMOVE:
            return without_person(household, self.person_id, self.at)
        if not person.enabled:
            return household
        return replace(
            household, people={**household.people, self.person_id: replace(person, enabled=False, disabled_at=self.at)}
        )

    def deed(self, name: str) -> Deed:
        """Return what is told of it."""
        removed = self.how is Closes.REMOVE
        return Deed(
            did=Did.REMOVED if removed else Did.DISABLED,
            at=self.at,
            by=self.by,
            name=name,
            person_id=self.person_id,
            fields=() if removed else ("enabled",),
        )

    @property
    def journal_line(self) -> Mapping[str, Any]:
        """How it lies in the journal."""
        return {"how": self.how.value, "person_id": self.person_id, "at": self.at.isoformat(), "by": self.by}


def closing_in(content: Mapping[str, Any]) -> Closing | None:
    """Return what a line of the journal says; None for one that is of a later version."""
    try:
        return Closing(
            how=Closes(content["how"]),
            person_id=content["person_id"],
            at=datetime.fromisoformat(content["at"]),
            by=content["by"],
        )
    except KeyError, TypeError, ValueError:
        return None
