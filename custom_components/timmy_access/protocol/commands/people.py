"""The people on a terminal and their credentials (specification B1-B9, B15, B35, B37).

`enroll_id` is 1 to 999,999,999,999. `backup_number` says which credential: `enums.Credential`.
Templates are opaque texts that must be sent back unchanged (field notes 5, getuserinfo).
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, override

from ..enums import ALL_SLOTS, Credential
from ..errors import CommandInvalid, Problem
from ..kinds import Choice, Kind, Many, Opaque, Text, Truth
from ..table import Rows, Table
from ..wire import Nested, Structure, plain, wire
from .base import CARGO_SECONDS, MAX_CARGO_BYTES, MAX_RECORDS, Command, Page, Paged, Reply
from .kinds import CARD, ENROLL_ID, GROUP, LABEL, MOMENT, NUMBER, PERSON_NAME, PIN, ROLE, SLOT, VERIFY_MODE, ZONE

# `backupnum` of deleteuser beyond the slots (specification B4).
ALL_FINGERPRINTS = 12
EVERYTHING = 13
# A person has to come to the terminal and be recorded (field notes 5, adduser).
ENROLMENT_SECONDS = 120.0
# The only value of `flag` the specification gives: automatic registration (specification B35).
AUTOMATIC_REGISTRATION = 10

_SIGNED_UP = Choice(ALL_SLOTS - {Credential.PASSWORD, Credential.CARD})
_TEMPLATE = Text(MAX_CARGO_BYTES)


@dataclass(frozen=True, kw_only=True)
class UserSlot(Structure):
    """One credential of one user in the list; `role` is the raw `admin`, see `enums.Role`."""

    enroll_id: int | None = field(default=None, metadata=wire("enrollid", ENROLL_ID))
    role: int | None = field(default=None, metadata=wire("admin", ROLE))
    backup_number: int | None = field(default=None, metadata=wire("backupnum", SLOT))


_USER_SLOTS = Rows(UserSlot, MAX_RECORDS)


@dataclass(frozen=True, kw_only=True)
class UserListPage(Page):
    """One page of the user list (specification B1)."""

    records: Table[UserSlot] | None = field(default=None, metadata=wire("record", _USER_SLOTS, "records"))

    @property
    @override
    def rows(self) -> Table[UserSlot]:
        """Return the credentials of the page."""
        return _USER_SLOTS.empty() if self.records is None else self.records

    @property
    @override
    def misread(self) -> bool:
        """Return whether somebody may be on the page who could not be read."""
        unknown = {plain(key) for key, value in self.extra.items() if value} & {"record", "records"}
        return bool(unknown or self.rows.strays) or None in self.rows.column("enroll_id")

    @property
    @override
    def contents(self) -> frozenset[Hashable]:
        """Return who has which credential."""
        return frozenset(zip(*map(self.rows.column, ("enroll_id", "backup_number")), strict=True))


@dataclass(frozen=True, kw_only=True)
class GetUserList(Paged[UserListPage]):
    """Ask who is on the terminal, one row a credential (specification B1)."""

    name: ClassVar[str] = "getuserlist"
    reply: ClassVar[type[Reply]] = UserListPage


@dataclass(frozen=True, kw_only=True)
class UserInfo(Reply):
    """One credential of one user (specification B2).

    `record` is a number for passwords and cards and a text otherwise.
    """

    enroll_id: int | None = field(default=None, metadata=wire("enrollid", ENROLL_ID))
    name: str | None = field(default=None, metadata=wire("name", PERSON_NAME))
    backup_number: int | None = field(default=None, metadata=wire("backupnum", SLOT))
    role: int | None = field(default=None, metadata=wire("admin", ROLE))
    enabled: bool | None = field(default=None, metadata=wire("enable", Truth()))
    record: int | str | None = field(default=None, repr=False, metadata=wire("record", Opaque()))


@dataclass(frozen=True, kw_only=True)
class GetUserInfo(Command[UserInfo]):
    """Ask for one credential of one user (specification B2)."""

    name: ClassVar[str] = "getuserinfo"
    reply: ClassVar[type[Reply]] = UserInfo
    timeout: ClassVar[float] = CARGO_SECONDS
    repeatable: ClassVar[bool] = True

    enroll_id: int = field(metadata=wire("enrollid", ENROLL_ID))
    backup_number: int = field(metadata=wire("backupnum", SLOT))


@dataclass(frozen=True, kw_only=True)
class UserWritten(Reply):
    """The terminal took a user; not yet that a face was recognised in a photo (field notes 0.10)."""

    enroll_id: int | None = field(default=None, metadata=wire("enrollid", ENROLL_ID))


@dataclass(frozen=True, kw_only=True)
class SetCredential(Command[UserWritten]):
    """Write one credential of one user, and with it the user (specification B3).

    `record` is a number for a password (up to 8 digits) and for a card, and a text for templates
    and base64 photos. An empty text for fingerprint 0 makes a user with a name and no credential
    (field notes 5, setuserinfo). Vendor software adds `verifymode: 0` (field notes 11), "the terminal's own way": the
    specification has none in this form, terminals take it without, and it would undo the way that `SetUser` gave this
    person.
    """

    name: ClassVar[str] = "setuserinfo"
    reply: ClassVar[type[Reply]] = UserWritten
    timeout: ClassVar[float] = CARGO_SECONDS
    cargo: ClassVar[bool] = True

    enroll_id: int = field(metadata=wire("enrollid", ENROLL_ID))
    user_name: str = field(metadata=wire("name", PERSON_NAME))
    backup_number: int = field(metadata=wire("backupnum", SLOT))
    role: int = field(default=0, metadata=wire("admin", ROLE))
    record: int | str = field(repr=False, metadata=wire("record", Opaque()))

    @override
    def wire(self) -> dict[str, Any]:
        """Return the keys; the slot decides what the record may be."""
        kind: Kind[Any] = {10: PIN, 11: CARD}.get(self.backup_number, _TEMPLATE)
        return {**super().wire(), "record": kind.write("record", self.record)}


@dataclass(frozen=True, kw_only=True)
class SetUser(Command[UserWritten]):
    """Write a user at once, or only some of what is known of one (specification B37).

    Needs AI firmware 5.09 or 2.09. `access_times` 0 is no limit; `week_zone` 1 to 8 and `group` 1 to
    9 are those of the access settings. A template or photo comes with its `backup_number`.
    """

    name: ClassVar[str] = "setuserinfo"
    reply: ClassVar[type[Reply]] = UserWritten
    timeout: ClassVar[float] = CARGO_SECONDS
    cargo: ClassVar[bool] = True

    enroll_id: int = field(metadata=wire("enrollid", ENROLL_ID))
    user_name: str | None = field(default=None, metadata=wire("name", PERSON_NAME))
    verify_mode: int | None = field(default=None, metadata=wire("verifymode", VERIFY_MODE))
    department: str | None = field(default=None, metadata=wire("department", LABEL))
    role: int | None = field(default=None, metadata=wire("admin", ROLE))
    card: int | None = field(default=None, repr=False, metadata=wire("card", CARD))
    pin: int | None = field(default=None, repr=False, metadata=wire("pwd", PIN))
    enabled: bool | None = field(default=None, metadata=wire("enable", Truth()))
    shift: int | None = field(default=None, metadata=wire("shiftid", NUMBER))
    week_zone: int | None = field(default=None, metadata=wire("zoneid", ZONE))
    group: int | None = field(default=None, metadata=wire("groupid", GROUP))
    access_times: int | None = field(default=None, metadata=wire("access_times", NUMBER))
    department_id: int | None = field(default=None, metadata=wire("postid", NUMBER))
    valid_from: datetime | None = field(default=None, metadata=wire("starttime", MOMENT))
    valid_until: datetime | None = field(default=None, metadata=wire("endtime", MOMENT))
    backup_number: int | None = field(default=None, metadata=wire("backupnum", _SIGNED_UP))
    record: str | None = field(default=None, repr=False, metadata=wire("record", _TEMPLATE))

    @override
    def wire(self) -> dict[str, Any]:
        """Return the keys; a record needs to be told what it is."""
        if (self.record is None) != (self.backup_number is None):
            missing = "record" if self.record is None else "backup_number"
            raise CommandInvalid(missing, Problem.TOO_FEW, {"least": "1"})
        return super().wire()


@dataclass(frozen=True, kw_only=True)
class DeleteUser(Command[Reply]):
    """Delete one credential, all fingerprints (12) or everything (13) of a user (specification B4)."""

    name: ClassVar[str] = "deleteuser"

    enroll_id: int = field(metadata=wire("enrollid", ENROLL_ID))
    backup_number: int = field(metadata=wire("backupnum", Choice(ALL_SLOTS | {ALL_FINGERPRINTS, EVERYTHING})))


@dataclass(frozen=True, kw_only=True)
class UserName(Reply):
    """The name of a user (specification B5)."""

    name: str | None = field(default=None, metadata=wire("record", PERSON_NAME))


@dataclass(frozen=True, kw_only=True)
class GetUserName(Command[UserName]):
    """Ask for the name of a user (specification B5)."""

    name: ClassVar[str] = "getusername"
    reply: ClassVar[type[Reply]] = UserName
    repeatable: ClassVar[bool] = True

    enroll_id: int = field(metadata=wire("enrollid", ENROLL_ID))


@dataclass(frozen=True, kw_only=True)
class NamedUser(Structure):
    """A user and the name to give (specification B6)."""

    enroll_id: int = field(metadata=wire("enrollid", ENROLL_ID))
    name: str = field(metadata=wire("name", PERSON_NAME))


@dataclass(frozen=True, kw_only=True)
class SetUserNames(Command[Reply]):
    """Name up to 50 users (specification B6)."""

    name: ClassVar[str] = "setusername"

    records: tuple[NamedUser, ...] = field(metadata=wire("record", Many(Nested(NamedUser), MAX_RECORDS)))

    @override
    def wire(self) -> dict[str, Any]:
        """Return the records and their number."""
        return {"count": len(self.records), **super().wire()}


@dataclass(frozen=True, kw_only=True)
class EnableUser(Command[Reply]):
    """Let a user in, or no longer (specification B7, B8).

    Some AI firmware then blocks the face only; `SetUser(enabled=False)` blocks the rest (field
    notes 5, enableuser).
    """

    name: ClassVar[str] = "enableuser"

    enroll_id: int = field(metadata=wire("enrollid", ENROLL_ID))
    enabled: bool = field(metadata=wire("enflag", Truth()))

    @override
    def wire(self) -> dict[str, Any]:
        """Return the keys; to disable, also the misprint that firmware may look for."""
        frame = super().wire()
        return frame if self.enabled else {**frame, "enrolled": self.enroll_id}


@dataclass(frozen=True, kw_only=True)
class CleanUsers(Command[Reply]):
    """Delete all users of a terminal (specification B9)."""

    name: ClassVar[str] = "cleanuser"


@dataclass(frozen=True, kw_only=True)
class CleanAdministrators(Command[Reply]):
    """Make all administrators normal users; then anybody can use the menu (specification B15)."""

    name: ClassVar[str] = "cleanadmin"


@dataclass(frozen=True, kw_only=True)
class AddUser(Command[UserWritten]):
    """Have a person recorded at the terminal (specification B35).

    The answer may come at once or only after the person has come or has not (field notes 5,
    adduser). Reason 2 of a refusal means that the enroll id is in use.
    """

    name: ClassVar[str] = "adduser"
    reply: ClassVar[type[Reply]] = UserWritten
    timeout: ClassVar[float] = ENROLMENT_SECONDS
    detached: ClassVar[bool] = True

    enroll_id: int = field(metadata=wire("enrollid", ENROLL_ID))
    backup_number: int = field(metadata=wire("backupnum", SLOT))
    role: int | None = field(default=None, metadata=wire("admin", ROLE))
    user_name: str = field(metadata=wire("name", PERSON_NAME))

    @override
    def wire(self) -> dict[str, Any]:
        """Return the keys and the flag for automatic registration."""
        return {**super().wire(), "flag": AUTOMATIC_REGISTRATION}
