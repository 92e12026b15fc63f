"""What is done to one number on one terminal, one thing at a time, and in which order.

Whatever closes goes first, so that nothing on the way opens wider than before or after:

* `Remove`, `Disable`, then `DeleteCredential` and hours or dates that are narrower;
* a card or PIN in the place of another, names, and hours or dates that are narrower here and wider there;
* hours or dates that are wider, further credentials, and last `Enable`;
* people who are not there yet, each with their credentials. They are added without one and as they should stand, so
  that nobody who is disabled or may come at some hours only can pass in between.

Hours and dates are one step, as they are one record on the wire (specification B23).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

from ..people.names import is_same_name
from .standing import Standing
from .week import Week


class Rank(IntEnum):
    """Who goes first; equals go by their numbers."""

    REMOVE = 0
    DISABLE = 1
    NARROW = 2
    CHANGE = 3
    WIDEN = 4
    ENABLE = 5
    ADD = 6


# More than there are enroll ids.
_NUMBERS = 2**64

# What is done at once, before anything is read that can wait.
URGENT = Rank.DISABLE


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do to one number."""

    enroll_id: int
    rank: Rank

    def after(self, before: Standing | None) -> Standing | None:
        """Return how the number stands once it is done."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Remove(Step):
    """Delete somebody with everything. `name` or `other_name` is who is meant: nobody else is deleted."""

    rank: Rank = Rank.REMOVE
    name: str
    other_name: str = ""

    def means(self, told: str) -> bool:
        """Return whether somebody who is called so is meant."""
        return any(is_same_name(told, name) for name in (self.name, self.other_name) if name)

    def after(self, before: Standing | None) -> Standing | None:  # noqa: ARG002 - nothing is left of it
        """Return nothing."""
        return None


@dataclass(frozen=True, kw_only=True)
class Disable(Step):
    """Let somebody in no longer."""

    rank: Rank = Rank.DISABLE

    def after(self, before: Standing | None) -> Standing | None:
        """Return them disabled."""
        return before and replace(before, enabled=False)


@dataclass(frozen=True, kw_only=True)
class Enable(Step):
    """Let somebody in again."""

    rank: Rank = Rank.ENABLE

    def after(self, before: Standing | None) -> Standing | None:
        """Return them enabled."""
        return before and replace(before, enabled=True)


@dataclass(frozen=True, kw_only=True)
class DeleteCredential(Step):
    """Delete one credential."""

    rank: Rank = Rank.NARROW
    slot: int

    def after(self, before: Standing | None) -> Standing | None:
        """Return them without it."""
        if before is None:
            return None
        return replace(before, credentials={slot: it for slot, it in before.credentials.items() if slot != self.slot})


@dataclass(frozen=True, kw_only=True)
class WriteCredential(Step):
    """Write one credential, of which `revision` says which."""

    slot: int
    revision: str

    def after(self, before: Standing | None) -> Standing | None:
        """Return them with it."""
        return before and replace(before, credentials={**before.credentials, self.slot: self.revision})


@dataclass(frozen=True, kw_only=True)
class SetAccess(Step):
    """Say when somebody may pass: dates, and hours by door."""

    valid_from: datetime | None = None
    valid_until: datetime | None = None
    hours: Mapping[int, Week] = field(default_factory=dict)

    def after(self, before: Standing | None) -> Standing | None:
        """Return them with these dates and hours."""
        return before and replace(
            before, valid_from=self.valid_from, valid_until=self.valid_until, hours=dict(self.hours)
        )


@dataclass(frozen=True, kw_only=True)
class Curtail(SetAccess):
    """Take from somebody what the house gives them no more, where somebody has changed at the terminal when they pass.

    What was changed there stays a difference: nothing is confirmed by it.
    """

    rank: Rank = Rank.NARROW

    def after(self, before: Standing | None) -> Standing | None:
        """Return them as they were confirmed."""
        return before


@dataclass(frozen=True, kw_only=True)
class Describe(Step):
    """Name somebody, and give them a role."""

    rank: Rank = Rank.CHANGE
    name: str
    role: int

    def after(self, before: Standing | None) -> Standing | None:
        """Return them with these."""
        return before and replace(before, name=self.name, role=self.role)


@dataclass(frozen=True, kw_only=True)
class Adopt(Step):
    """Take over somebody who is there already under the same name: look how they stand, and write nothing.

    `standing` is what is known without looking; dates and hours are read.
    """

    rank: Rank = Rank.CHANGE
    standing: Standing

    def after(self, before: Standing | None) -> Standing | None:  # noqa: ARG002 - it was not of the house
        """Return what is known without looking."""
        return self.standing


@dataclass(frozen=True, kw_only=True)
class Add(Step):
    """Make somebody, as they should stand and still without any credential."""

    rank: Rank = Rank.ADD
    standing: Standing

    def after(self, before: Standing | None) -> Standing | None:  # noqa: ARG002 - there was nobody
        """Return them as they are made; who is disabled is given dates and hours when they are let in."""
        made = replace(self.standing, credentials={})
        return made if made.enabled else replace(made, valid_from=None, valid_until=None, hours={})


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return steps in the order in which they are done; those of one number and rank keep theirs."""
    return tuple(sorted(steps, key=_place))


def _place(step: Step) -> int:
    # One number and no pair: there are thousands of them at once, and a pair is one more thing for the collector.
    return step.rank * _NUMBERS + step.enroll_id
