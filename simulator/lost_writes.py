"""Writes which are confirmed and never stored."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final

from .users import KINDS, User, Users

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name",),
    "role": ("admin",),
    "enabled": ("enabled", "face_enabled"),
    "access": ("lock",),
    "message": ("message",),
    "profile": ("verifymode", "department", "postid", "shiftid", "access_times"),
}
"""What is written about a person besides the credentials, by the attributes of `User`."""

PERSON: Final = "person"
"""Whether there is such a person at all."""
ZONES: Final = "zones"
"""Day zones, week zones and whatever else `setdevlock` writes."""
LOSABLE: Final = (*KINDS, *PARTS, PERSON, ZONES)


@dataclass(slots=True, kw_only=True)
class LostWrites:
    """Which writes are answered with `result: true` and have no effect (field notes 0, fact 10)."""

    numbers: frozenset[int] = frozenset()
    """Whose; nobody named means everybody's, and only then the zones'."""
    kinds: frozenset[str] = frozenset()
    """What of it, out of `LOSABLE`; nothing named means all."""
    every: int = 1
    """Only each so-manieth write which fits."""
    seen: int = 0
    """How many writes have fitted."""

    def __post_init__(self) -> None:
        """Refuse words which mean nothing."""
        if strange := self.kinds - set(LOSABLE):
            message = f"{', '.join(sorted(strange))}: none of {', '.join(LOSABLE)}"
            raise ValueError(message)

    def loses(self, *kinds: str) -> bool:
        """Tell whether one of these kinds is among what is lost."""
        return not self.kinds or not self.kinds.isdisjoint(kinds)

    def is_turn(self) -> bool:
        """Count a write which fits and tell whether it is lost."""
        self.seen += 1
        return self.seen % self.every == 0


class Memory:
    """People and access settings before a command, to take back what it has changed."""

    def __init__(self, users: Users, settings: dict[str, Any]) -> None:
        """Remember the present."""
        self._users = users
        self._settings = settings
        self._people = {number: copied(user) for number, user in users.by_id.items()}
        self._access = deepcopy(settings)

    def lose(self, lost: LostWrites) -> None:
        """Take back what has changed since, as far as it is lost."""
        people = self._users.by_id
        changes = [
            change
            for number in self._people | people
            if (not lost.numbers or number in lost.numbers)
            and (change := self._change(number, self._people.get(number), people.get(number), lost)) is not None
        ]
        if self._settings != self._access and not lost.numbers and lost.loses(ZONES):
            changes.append(self._restore_settings)
        if changes and lost.is_turn():
            for change in changes:
                change()

    def _change(
        self, number: int, before: User | None, after: User | None, lost: LostWrites
    ) -> Callable[[], None] | None:
        """Return how to take back what has changed of one person, or nothing."""
        if before == after:
            return None
        if before is None or after is None:
            if lost.loses(PERSON):
                return lambda: self._put_back(number, before)
            if after is None:
                return None
            before = User(enrollid=number)
        return _taking_back(before, after, lost)

    def _put_back(self, number: int, user: User | None) -> None:
        people = self._users.by_id
        people.pop(number, None)
        if user is not None:
            people[number] = user
            in_order = {key: people[key] for key in [*self._people, *people] if key in people}
            people.clear()
            people.update(in_order)

    def _restore_settings(self) -> None:
        self._settings.clear()
        self._settings.update(self._access)


def copied(user: User) -> User:
    """Return a person as they are at this moment."""
    return replace(user, credentials=dict(user.credentials))


def _taking_back(old: User, new: User, lost: LostWrites) -> Callable[[], None] | None:
    parts = [part for part, names in PARTS.items() if lost.loses(part) and _differ(old, new, names)]
    kinds = [kind for kind in KINDS if lost.loses(kind) and _held(old, kind) != _held(new, kind)]
    if not parts and not kinds:
        return None

    def take_back() -> None:
        for part in parts:
            for name in PARTS[part]:
                setattr(new, name, getattr(old, name))
        for kind in kinds:
            for backupnum in _held(new, kind):
                del new.credentials[backupnum]
            new.credentials.update(_held(old, kind))

    return take_back


def _differ(one: User, other: User, names: tuple[str, ...]) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in names)


def _held(user: User, kind: str) -> dict[int, str | int]:
    return {number: record for number, record in user.credentials.items() if number in KINDS[kind]}
