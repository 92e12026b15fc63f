"""Access groups: these doors at these hours, for whoever belongs to them."""

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import HouseInvalid, Problem

# What a list of groups can show.
MAX_NAME = 64
# Rules a group; more are several groups.
MAX_RULES = 20


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Some doors and the hours of a schedule.

    `doors` are numbers by serial number of their terminal. `schedule` is the registry id of a schedule helper; None is
    always.
    """

    doors: Mapping[str, frozenset[int]]
    schedule: str | None = None


@dataclass(frozen=True, kw_only=True)
class AccessGroup:
    """A name and rules, each of which adds to the others; `group_id` is a ULID. Raises `HouseInvalid`."""

    group_id: str
    name: str
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be shown or told apart."""
        if not self.name.strip():
            raise HouseInvalid("name", Problem.EMPTY)
        if len(self.name) > MAX_NAME:
            raise HouseInvalid("name", Problem.TOO_LONG, {"limit": str(MAX_NAME), "size": str(len(self.name))})
        if len(self.rules) > MAX_RULES:
            raise HouseInvalid("rules", Problem.TOO_MANY, {"limit": str(MAX_RULES), "size": str(len(self.rules))})
