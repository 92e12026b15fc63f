"""Answers to the commands about doors, access times and holidays (spec B19-B25, B31, B32 and B38)."""

from dataclasses import asdict
from typing import Final

from .answers_users import DONE, RECORDS_AT_ONCE, known
from .clock import FORMAT
from .doors import DoorEvent
from .errors import PARAMETER, RefusedError
from .features import DATES, unknown_keys, unknown_settings
from .fields import moment, records, truth, whole
from .machine import Machine
from .questions import checked_holidays
from .settings import checked_access
from .users import UserLock
from .wire import Frame

FORCED_OPEN: Final = 1
FORCED_CLOSED: Final = 2
SOFTWARE_OPEN: Final = 3
NORMAL: Final = 4
RESTART: Final = 5
CANCEL_ALARM: Final = 6

OTHER_DOORS: Final = ("weekzone2", "weekzone3", "weekzone4")


def opendoor(machine: Machine, command: Frame) -> Frame:
    """Open a door; a controller without `doornum` opens all, a single-door terminal ignores the key (field notes 5)."""
    doors = list(machine.doors.by_number.values())
    if len(doors) > 1 and "doornum" in command:
        doors = [machine.doors.by_number[whole(command["doornum"], 1, len(doors))]]
    event = DoorEvent.SOFTWARE_OPEN if machine.profile.logs_software_open else None
    for door in doors:
        machine.open_door(door, event)
    return dict(DONE)


def lockctrl(machine: Machine, command: Frame) -> Frame | None:
    """Set the state of all doors; the key is really spelt `fuc` (spec B38, field notes 5)."""
    function = whole(command.get("fuc"), FORCED_OPEN, CANCEL_ALARM)
    if function == RESTART:
        # Like `reboot`: immediately, so without an answer (spec B14).
        machine.restart()
        return None
    if function == CANCEL_ALARM:
        machine.alarm = False
        machine.report("alarm cancelled")
        return dict(DONE)
    if function == SOFTWARE_OPEN:
        return opendoor(machine, {})
    for door in machine.doors.by_number.values():
        if machine.profile.logs_software_open and function != NORMAL:
            opens = function == FORCED_OPEN
            machine.door_event(DoorEvent.SOFTWARE_OPEN if opens else DoorEvent.SOFTWARE_CLOSE)
        if function == FORCED_OPEN:
            machine.doors.hold(door, "held_open")
        elif function == FORCED_CLOSED:
            machine.doors.hold(door, "held_closed")
        else:
            machine.doors.hold(door, "normal")
        machine.report(f"door {door.number} is {door.mode.replace('_', ' ')}")
    return dict(DONE)


def setdevlock(machine: Machine, command: Frame) -> Frame:
    """Change access settings; all keys are optional, and one bad value changes nothing."""
    known_settings = machine.access_settings.keys() - unknown_settings(machine.lacks)
    settings = {key: machine.access_settings[key] for key in known_settings}
    machine.access_settings.update(checked_access(command, settings))
    return dict(DONE)


def getdevlock(machine: Machine, _: Frame) -> Frame:
    """Answer all access settings."""
    unknown = unknown_settings(machine.lacks)
    return DONE | {key: value for key, value in machine.access_settings.items() if key not in unknown}


def getuserlock(machine: Machine, command: Frame) -> Frame:
    """Answer when and where a person may enter; only controllers name doors 2 to 4."""
    user = known(machine, command)
    hidden = set(unknown_keys(machine.lacks))
    if machine.profile.doors == 1:
        hidden.update(OTHER_DOORS)
    if machine.faults.hides_dates:
        hidden |= DATES
    lock = {key: value for key, value in asdict(user.lock).items() if key not in hidden}
    return DONE | {"enrollid": user.enrollid} | lock


def setuserlock(machine: Machine, command: Frame) -> Frame:
    """Change when and where up to 50 people may enter, or nobody if one record is wrong."""
    zones = ("weekzone", *OTHER_DOORS) if machine.profile.doors > 1 else ("weekzone",)
    unknown = unknown_keys(machine.lacks)
    changes: list[tuple[int, dict[str, int | str]]] = []
    for given in records(command, RECORDS_AT_ONCE):
        user = known(machine, given)
        item = {key: value for key, value in given.items() if key not in unknown}
        change: dict[str, int | str] = {key: whole(item[key], 0, 8) for key in zones if key in item}
        if "group" in item:
            change["group"] = whole(item["group"], 0, 9)
        for key in ("starttime", "endtime"):
            if key in item:
                change[key] = moment(item[key]).strftime(FORMAT)
        first, last = (
            change.get("starttime", user.lock.starttime),
            change.get("endtime", user.lock.endtime),
        )
        if moment(first) > moment(last):
            raise RefusedError(1, PARAMETER)
        changes.append((user.enrollid, change))
    for enrollid, change in changes:
        machine.users.change_lock(enrollid, change)
    return dict(DONE)


def deleteuserlock(machine: Machine, command: Frame) -> Frame:
    """Reset the access parameters of a person."""
    known(machine, command).lock = UserLock()
    return dict(DONE)


def cleanuserlock(machine: Machine, _: Frame) -> Frame:
    """Reset the access parameters of everybody."""
    machine.users.forget_locks()
    return dict(DONE)


def getholiday(machine: Machine, command: Frame) -> Frame:
    """Answer all holidays in the first packet; there is never a second one."""
    return DONE | {"holidays": machine.holidays if truth(command.get("stn", True)) else []}


def setholiday(machine: Machine, command: Frame) -> Frame:
    """Replace all holidays."""
    machine.holidays = checked_holidays(command)
    return dict(DONE)
