"""Answers to the commands about people (spec B1-B9, B33-B35 and B37)."""

import asyncio
import base64
import binascii
from collections import Counter
from collections.abc import Collection
from typing import Any, Final

from .clock import FORMAT
from .enrolment import Enrolment
from .errors import NO_DATA, NO_SPACE, NO_USER, PARAMETER, RefusedError
from .features import unknown_keys
from .fields import enrollid, moment, records, text, truth, whole
from .machine import Machine
from .paging import EMPTY_PAGE, USER_PAGE, Pages
from .users import ALL_FINGERPRINTS, CARD, COUNTED, EVERYTHING, FINGERPRINTS, PASSWORD, PHOTO, User, counted_as, kind_of
from .wire import Frame

PROFILE_KEYS: Final = frozenset(
    {
        "verifymode",
        "department",
        "card",
        "pwd",
        "enable",
        "shiftid",
        "zoneid",
        "groupid",
        "access_times",
        "postid",
        "starttime",
        "endtime",
    },
)
"""Keys which only the user profile of spec B37 has."""

RECORDS_AT_ONCE: Final = 50
LONGEST_TEMPLATE: Final = 1620
LARGEST_PASSWORD: Final = 99_999_999
LARGEST_CARD: Final = 2**63 - 1
LONGEST_MESSAGE: Final = 200
LONGEST_PHOTO: Final = 150_000
DONE: Final[Frame] = {"result": True}


def known(machine: Machine, command: Frame) -> User:
    """Return the person whom a command is about."""
    user = machine.users.by_id.get(enrollid(command))
    if user is None:
        raise RefusedError(1, NO_USER)
    return user


def getuserlist(machine: Machine, command: Frame) -> Frame | None:
    """Answer a page of credentials; on old firmware `admin` is a string here (field notes 0, fact 8)."""
    if truth(command.get("stn")):
        as_text = machine.profile.admin_as_text
        items: list[Frame] = [
            {
                "enrollid": user.enrollid,
                "admin": str(user.admin) if as_text else user.admin,
                "backupnum": backupnum,
            }
            for user, backupnum in machine.users.entries()
        ]
        pages = machine.pages["getuserlist"] = Pages(items, USER_PAGE, machine.profile.paging, counts_all=False)
        return DONE | pages.first()
    return later_page(machine, "getuserlist")


def later_page(machine: Machine, name: str) -> Frame | None:
    """Answer the page after the last one."""
    if name in machine.pages:
        page = machine.pages[name].next()
    else:
        page = None if machine.profile.paging == "total" else dict(EMPTY_PAGE)
    return None if page is None else DONE | page


def getuserinfo(machine: Machine, command: Frame) -> Frame:
    """Answer one credential; without `backupnum` fingerprint 0, without `enrollid` reason 1 (field notes 5)."""
    user = known(machine, command)
    if "backupnum" in command:
        backupnum = whole(command["backupnum"], 0, PHOTO)
    else:
        backupnum = user.slots[0] if machine.profile.whole_users else 0
    if backupnum not in user.slots:
        raise RefusedError(1, NO_DATA)
    reply = DONE | {
        "enrollid": user.enrollid,
        "name": user.name,
        "backupnum": backupnum,
        "admin": user.admin,
        "record": user.credentials.get(backupnum, ""),
    }
    if machine.profile.whole_users:
        reply["enable"] = int(user.enabled)
    return reply


def setuserinfo(machine: Machine, command: Frame) -> Frame:
    """Store a credential (spec B3) or, on newer firmware, a whole or partial person (spec B37)."""
    number = enrollid(command)
    whole_user = "backupnum" not in command or bool(PROFILE_KEYS & command.keys())
    if whole_user and not machine.profile.whole_users:
        raise RefusedError(1, PARAMETER)
    old = machine.users.by_id.get(number)
    if old is None and whole_user and "name" not in command:
        raise RefusedError(1, NO_USER)
    if old is None:
        _check_room(machine, "user", len(machine.users.by_id) + 1)
    credentials = _credentials(machine, number, command)
    _check_credentials(machine, old, [key for key, record in credentials.items() if record != ""])
    changes: dict[str, Any] = {}
    if "name" in command:
        changes["name"] = text(command["name"], 64)
    if "admin" in command:
        changes["admin"] = whole(command["admin"], 0, 2)
    lock: dict[str, int | str] = {}
    if whole_user:
        changes |= _profile_changes(command)
        lock = _lock_changes(command, unknown_keys(machine.lacks))
    user = old or machine.users.by_id.setdefault(number, User(enrollid=number))
    for key, value in changes.items():
        setattr(user, key, value)
    user.credentials |= credentials
    machine.users.change_lock(number, lock)
    machine.report(f"user {number} stored")
    if machine.profile.echoes_users:
        for backupnum in credentials:
            machine.announce(user, backupnum)
    return DONE | {"enrollid": number}


def deleteuser(machine: Machine, command: Frame) -> Frame:
    """Delete a credential, all fingerprints (12) or the person (13)."""
    user = known(machine, command)
    backupnum = whole(command.get("backupnum"), 0, PHOTO)
    if backupnum == EVERYTHING:
        gone = list(user.credentials)
    elif backupnum == ALL_FINGERPRINTS:
        gone = [number for number in user.credentials if number in FINGERPRINTS]
    else:
        gone = [number for number in user.credentials if number == backupnum]
    if not gone and backupnum != EVERYTHING:
        raise RefusedError(1, NO_DATA)
    for number in gone:
        del user.credentials[number]
    # Without profiles there is no place for a person apart from the credentials.
    if backupnum == EVERYTHING or not (user.credentials or machine.profile.whole_users):
        del machine.users.by_id[user.enrollid]
    machine.report(f"user {user.enrollid} deleted" if backupnum == EVERYTHING else f"user {user.enrollid} changed")
    return dict(DONE)


def getusername(machine: Machine, command: Frame) -> Frame:
    """Answer a name in `record`."""
    return DONE | {"record": known(machine, command).name}


def setusername(machine: Machine, command: Frame) -> Frame:
    """Rename up to 50 people, or nobody if one is unknown."""
    names = [(known(machine, item), text(item.get("name"), 64)) for item in records(command, RECORDS_AT_ONCE)]
    for user, name in names:
        user.name = name
    return dict(DONE)


def enableuser(machine: Machine, command: Frame) -> Frame:
    """Enable or disable a person (spec B7 and B8)."""
    user = known(machine, command)
    on = bool(whole(command.get("enflag"), 0, 1))
    if machine.faults.splits_enabling:
        user.face_enabled = on
    else:
        user.enabled = on
    machine.report(f"user {user.enrollid} {'enabled' if on else 'disabled'}")
    return dict(DONE)


def cleanuser(machine: Machine, _: Frame) -> Frame:
    """Forget everybody."""
    machine.users.by_id.clear()
    machine.report("all users deleted")
    return dict(DONE)


def cleanadmin(machine: Machine, _: Frame) -> Frame:
    """Make everybody a normal user."""
    machine.users.dismiss_administrators()
    return dict(DONE)


def setuserprofile(machine: Machine, command: Frame) -> Frame:
    """Store a message for one person, or with `enrollid` 0 for all (spec B33)."""
    message = text(command.get("profile"), LONGEST_MESSAGE)
    number = enrollid(command, lowest=0)
    if number:
        known(machine, command).message = message
    else:
        machine.users.notice = message
    return DONE | {"enrollid": number}


def getuserprofile(machine: Machine, command: Frame) -> Frame:
    """Answer a stored message in `record` (spec B34)."""
    number = enrollid(command, lowest=0)
    record = known(machine, command).message if number else machine.users.notice
    return DONE | {"enrollid": number, "record": record}


def adduser(machine: Machine, command: Frame) -> Frame | asyncio.Future[Frame]:
    """Ask the person to scan and answer after that, or after two minutes (field notes 5, adduser)."""
    number = enrollid(command)
    backupnum = whole(command.get("backupnum"), 0, PHOTO)
    if number in machine.users.by_id:
        raise RefusedError(2, "id already exists")
    if machine.enrolment is not None or backupnum not in machine.profile.credentials:
        raise RefusedError(1, PARAMETER)
    _check_room(machine, "user", len(machine.users.by_id) + 1)
    _check_credentials(machine, None, [backupnum])
    loop = asyncio.get_running_loop()
    machine.enrolment = Enrolment(
        enrollid=number,
        backupnum=backupnum,
        name=text(command.get("name", ""), 64),
        admin=whole(command.get("admin", 0), 0, 2),
        answer=loop.create_future(),
        timer=loop.call_later(machine.timing.enrolment, machine.abandon_enrolment),
    )
    machine.report(f"user {number} is asked to scan")
    return machine.enrolment.answer


def _check_room(machine: Machine, counted: str, needed: int) -> None:
    if needed > machine.capacity(counted):
        raise RefusedError(3, NO_SPACE)


def _check_credentials(machine: Machine, user: User | None, backupnums: Collection[int]) -> None:
    """Refuse kinds which cannot be stored, and more than fit in; a slot without a record is no credential."""
    refused = machine.faults.refuse_kinds
    for backupnum in backupnums:
        answer = refused.get(kind_of(backupnum) or "")
        if answer is not None:
            raise RefusedError(answer.get("reason"), answer.get("msg"))
    more = Counter(counted_as(number) for number in backupnums if user is None or number not in user.credentials)
    for counted in COUNTED:
        if more[counted]:
            _check_room(machine, counted, machine.users.count(counted) + more[counted])


def _credentials(machine: Machine, number: int, command: Frame) -> dict[int, str | int]:
    found: dict[int, str | int] = {}
    if "card" in command:
        found[CARD] = whole(command["card"], 0, LARGEST_CARD)
    if "pwd" in command:
        found[PASSWORD] = whole(command["pwd"], 0, LARGEST_PASSWORD)
    if "backupnum" in command:
        backupnum = whole(command["backupnum"], 0, PHOTO)
        if backupnum not in machine.profile.credentials:
            raise RefusedError(1, PARAMETER)
        # A profile may name a slot without writing it.
        if "record" in command or not PROFILE_KEYS & command.keys():
            found[backupnum] = _checked(machine, number, backupnum, command.get("record"))
    return found


def _checked(machine: Machine, number: int, backupnum: int, record: object) -> str | int:
    """Return a record as it is stored; numbers must be JSON numbers (field notes 5, setuserinfo)."""
    if backupnum in {PASSWORD, CARD}:
        largest = LARGEST_PASSWORD if backupnum == PASSWORD else LARGEST_CARD
        if isinstance(record, bool) or not isinstance(record, int) or not 0 <= record <= largest:
            raise RefusedError(1, PARAMETER)
        return record
    if not isinstance(record, str):
        raise RefusedError(1, PARAMETER)
    if backupnum == PHOTO:
        return _checked_photo(machine, number, record)
    if backupnum in FINGERPRINTS and len(record) >= LONGEST_TEMPLATE:
        raise RefusedError(1, PARAMETER)
    return record


def _checked_photo(machine: Machine, number: int, record: str) -> str:
    """Return a raw base64 picture; the reasons are those of the photo table of field notes 5."""
    raw = record.partition(",")[2] if record.startswith("data:") else record
    try:
        picture = base64.b64decode(raw, validate=True)
    except binascii.Error:
        picture = b""
    if not picture.startswith(b"\xff\xd8"):
        raise RefusedError(5, "no face")
    if len(picture) > LONGEST_PHOTO:
        raise RefusedError(1, "file is too large")
    holder = machine.users.holder(PHOTO, raw, other_than=number)
    if holder is not None:
        raise RefusedError(12, f"face is double,id={holder}")
    return raw


def _profile_changes(command: Frame) -> dict[str, Any]:
    ranges = {"verifymode": 24, "shiftid": 255, "access_times": 65535, "postid": 65535}
    changes: dict[str, Any] = {key: whole(command[key], 0, top) for key, top in ranges.items() if key in command}
    if "department" in command:
        changes["department"] = text(command["department"], 64)
    if "enable" in command:
        changes["enabled"] = bool(whole(command["enable"], 0, 1))
    return changes


def _lock_changes(command: Frame, unknown: frozenset[str]) -> dict[str, int | str]:
    changes: dict[str, int | str] = {}
    if "zoneid" in command and "zoneid" not in unknown:
        changes["weekzone"] = whole(command["zoneid"], 0, 8)
    if "groupid" in command:
        changes["group"] = whole(command["groupid"], 0, 9)
    for key in ("starttime", "endtime"):
        if key in command and key not in unknown:
            changes[key] = moment(command[key]).strftime(FORMAT)
    return changes
