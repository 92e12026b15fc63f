"""Answers to the commands about the terminal itself and its logs (spec B10-B18, B26, B29, B30 and B36)."""

from datetime import timedelta

from .answers_users import DONE, later_page
from .fields import moment, truth
from .logs import Entry
from .machine import Machine
from .paging import LOG_PAGE, Pages
from .questions import checked_questionnaire
from .settings import checked_device
from .wire import Frame


def getnewlog(machine: Machine, command: Frame) -> Frame | None:
    """Answer a page of what the server has not seen yet; fetched records count as sent (field notes 5)."""
    if not truth(command.get("stn")):
        return later_page(machine, "getnewlog")
    entries = machine.logs.unsent

    def fetched(start: int, end: int) -> None:
        for entry in entries[start:end]:
            entry.sent = True
        machine.signal.notify()

    pages = machine.pages["getnewlog"] = Pages(
        [_printed(entry) for entry in entries],
        LOG_PAGE,
        machine.profile.paging,
        counts_all=True,
        fetched=fetched,
    )
    return DONE | pages.first()


def getalllog(machine: Machine, command: Frame) -> Frame | None:
    """Answer a page of all records, or of those between two dates (spec B11)."""
    if not truth(command.get("stn")):
        return later_page(machine, "getalllog")
    first = moment(command["from"]) if "from" in command else None
    last = moment(command["to"]) if "to" in command else None
    if last is not None and ":" not in command["to"]:
        last += timedelta(days=1, seconds=-1)
    pages = machine.pages["getalllog"] = Pages(
        [_printed(entry) for entry in machine.logs.between(first, last)],
        LOG_PAGE,
        machine.profile.paging,
        counts_all=True,
    )
    return DONE | pages.first()


def cleanlog(machine: Machine, _: Frame) -> Frame:
    """Forget all records, the backlog too."""
    machine.logs.clear()
    machine.report("all logs deleted")
    return dict(DONE)


def initsys(machine: Machine, _: Frame) -> Frame:
    """Forget people and records, but no setting (spec B13)."""
    machine.users.by_id.clear()
    machine.new_users.clear()
    machine.logs.clear()
    machine.report("initialised")
    return dict(DONE)


def reboot(machine: Machine, _: Frame) -> None:
    """Restart at once and therefore without an answer (spec B14)."""
    machine.restart()


def settime(machine: Machine, command: Frame) -> Frame:
    """Take the time verbatim."""
    machine.clock.set(moment(command.get("cloudtime")))
    return dict(DONE)


def gettime(machine: Machine, _: Frame) -> Frame:
    """Answer the time, without `result` (field notes 5)."""
    return {"time": machine.clock.text()}


def setdevinfo(machine: Machine, command: Frame) -> Frame:
    """Change settings; all keys are optional, and one bad value changes nothing."""
    machine.settings.update(checked_device(command, machine.settings))
    return dict(DONE)


def getdevinfo(machine: Machine, _: Frame) -> Frame:
    """Answer all settings."""
    return DONE | machine.settings


def getquestionnaire(machine: Machine, _: Frame) -> Frame:
    """Answer the questionnaire."""
    return DONE | machine.questionnaire


def setquestionnaire(machine: Machine, command: Frame) -> Frame:
    """Change the questionnaire."""
    machine.questionnaire = checked_questionnaire(command, machine.questionnaire)
    return dict(DONE)


def getdevcap(machine: Machine, _: Frame) -> Frame:
    """Answer capacities and usage."""
    return DONE | machine.counters()


def accept(_machine: Machine, _: Frame) -> Frame:
    """Say yes to an undocumented command without an effect worth simulating."""
    return dict(DONE)


def _printed(entry: Entry) -> Frame:
    """Return a record as lists show it: pictures travel only with the punch itself."""
    return {key: value for key, value in entry.record.items() if key != "image"}
