"""The people enrolled on a terminal."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

FINGERPRINTS = range(10)
PASSWORD = 10
CARD = 11
ALL_FINGERPRINTS = 12
EVERYTHING = 13
FACES = range(20, 28)
PALMS = range(40, 42)
PHOTO = 50

KINDS: Final[Mapping[str, Collection[int]]] = {
    "fp": FINGERPRINTS,
    "pwd": (PASSWORD,),
    "card": (CARD,),
    "face": FACES,
    "photo": (PHOTO,),
    "palm": PALMS,
}
"""Kinds of credentials by the protocol's short words."""
COUNTED: Final[Mapping[str, frozenset[str]]] = {
    "face": frozenset({"face", "photo"}),
    "fp": frozenset({"fp"}),
    "palm": frozenset({"palm"}),
    "card": frozenset({"card"}),
    "pwd": frozenset({"pwd"}),
}
"""The kinds which share a capacity (spec B36), by the word in its name."""

# A full terminal is counted again at each write.
_KIND_OF: Final = {number: kind for kind, numbers in KINDS.items() for number in numbers}
_COUNTED_AS: Final = {
    number: word for number, kind in _KIND_OF.items() for word, kinds in COUNTED.items() if kind in kinds
}


def kind_of(backupnum: int) -> str | None:
    """Return the kind of a credential, or nothing for a number which means none."""
    return _KIND_OF.get(backupnum)


def counted_as(backupnum: int) -> str | None:
    """Return the word of the capacity which a credential uses."""
    return _COUNTED_AS.get(backupnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLock:
    """When and where a person may enter (spec B22)."""

    weekzone: int = 1
    weekzone2: int = 1
    weekzone3: int = 1
    weekzone4: int = 1
    group: int = 0
    starttime: str = "2000-01-01 00:00:00"
    endtime: str = "2099-12-31 23:59:59"

    def weekzone_of(self, door: int) -> int:
        """Return the number of the week zone which holds at a door."""
        return (self.weekzone, self.weekzone2, self.weekzone3, self.weekzone4)[door - 1]


@dataclass(slots=True, kw_only=True)
class User:
    """One person; credentials are keyed by `backupnum` (spec, note 4)."""

    enrollid: int
    name: str = ""
    admin: int = 0
    credentials: dict[int, str | int] = field(default_factory=dict)
    enabled: bool = True
    face_enabled: bool = True
    """Counts only on firmware which disables faces apart from everything else (field notes 5, enableuser)."""
    lock: UserLock = field(default_factory=UserLock)
    message: str = ""
    verifymode: int = 0
    department: str = ""
    postid: int = 0
    shiftid: int = 0
    access_times: int = 0

    @property
    def kinds(self) -> set[str]:
        """Return the kinds of what the person can verify with; a slot without a record is nothing."""
        return {kind for number, record in self.credentials.items() if record != "" and (kind := kind_of(number))}

    @property
    def slots(self) -> list[int]:
        """Return the `backupnum` values of a list: a person without a credential keeps an empty slot 0."""
        return sorted(self.credentials) or [0]


class Users:
    """Everybody on a terminal, in the order of the enrolment."""

    def __init__(self) -> None:
        """Start empty."""
        self.by_id: dict[int, User] = {}
        self.notice = ""
        """The public message of `setuserprofile` with `enrollid` 0."""

    def count(self, counted: str) -> int:
        """Count the stored credentials which share a capacity, by its word in `COUNTED`."""
        return sum(counted_as(number) == counted for user in self.by_id.values() for number in user.credentials)

    def used(self) -> Mapping[str, int]:
        """Return the counters as in `reg` and `getdevcap`."""
        counts = Counter(counted_as(number) for user in self.by_id.values() for number in user.credentials)
        return {"useduser": len(self.by_id)} | {f"used{counted}": counts[counted] for counted in COUNTED}

    def entries(self) -> Iterator[tuple[User, int]]:
        """Return one entry for each credential slot, as `getuserlist` counts."""
        for user in self.by_id.values():
            for backupnum in user.slots:
                yield user, backupnum

    def holder(self, backupnum: int, record: str | int, *, other_than: int) -> int | None:
        """Return who else has the same credential."""
        for enrollid, user in self.by_id.items():
            if enrollid != other_than and user.credentials.get(backupnum) == record:
                return enrollid
        return None

    def forget_locks(self) -> None:
        """Reset everybody's access parameters."""
        for user in self.by_id.values():
            user.lock = UserLock()

    def dismiss_administrators(self) -> None:
        """Make everybody a normal user."""
        for user in self.by_id.values():
            user.admin = 0

    def change_lock(self, enrollid: int, changes: Mapping[str, int | str]) -> None:
        """Change some of a person's access parameters."""
        user = self.by_id[enrollid]
        user.lock = replace(user.lock, **changes)  # type: ignore[arg-type]  # checked by the caller
