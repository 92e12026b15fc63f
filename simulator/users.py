"""The people enrolled on a terminal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from .clock import parse

FINGERPRINTS = range(10)
PASSWORD = 10
CARD = 11
ALL_FINGERPRINTS = 12
EVERYTHING = 13
FACES = range(20, 28)
PALMS = range(40, 42)
PHOTO = 50


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


@dataclass(slots=True, kw_only=True)
class User:
    """One person; credentials are keyed by `backupnum` (spec, note 4)."""

    enrollid: int
    name: str = ""
    admin: int = 0
    credentials: dict[int, str | int] = field(default_factory=dict)
    enabled: bool = True
    lock: UserLock = field(default_factory=UserLock)
    message: str = ""
    verifymode: int = 0
    department: str = ""
    postid: int = 0
    shiftid: int = 0
    access_times: int = 0

    @property
    def slots(self) -> list[int]:
        """Return the `backupnum` values of a list: a person without a credential keeps an empty slot 0."""
        return sorted(self.credentials) or [0]

    def valid_at(self, time: str) -> bool:
        """Tell whether the person may enter at a time at all."""
        return self.enabled and parse(self.lock.starttime) <= parse(time) <= parse(self.lock.endtime)


class Users:
    """Everybody on a terminal, in the order of the enrolment."""

    def __init__(self) -> None:
        """Start empty."""
        self.by_id: dict[int, User] = {}
        self.notice = ""
        """The public message of `setuserprofile` with `enrollid` 0."""

    def count(self, backupnums: range) -> int:
        """Count the stored credentials of a kind."""
        return sum(number in backupnums for user in self.by_id.values() for number in user.credentials)

    def used(self) -> Mapping[str, int]:
        """Return the counters as in `reg` and `getdevcap`."""
        return {
            "useduser": len(self.by_id),
            "usedface": self.count(FACES) + self.count(range(PHOTO, PHOTO + 1)),
            "usedfp": self.count(FINGERPRINTS),
            "usedpalm": self.count(PALMS),
            "usedcard": self.count(range(CARD, CARD + 1)),
            "usedpwd": self.count(range(PASSWORD, PASSWORD + 1)),
        }

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
