"""What a terminal knows and does, whether or not a server is there."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
import math
from typing import Any, Final

from .access import Reason, Verdict, is_enabled, judge
from .clock import FORMAT, Clock, parse
from .doors import ALARMS, Door, DoorEvent, Doors
from .enrolment import Enrolment
from .faults import Faults
from .features import unknown_commands
from .fields import truth
from .interruption import Interruption
from .logs import LogBook
from .paging import Pages
from .photo import PUNCH_PHOTO
from .profiles import Profile
from .questions import QUESTIONNAIRE
from .settings import access_settings, device_settings
from .signal import Signal
from .timing import Timing
from .users import User, Users
from .wire import Frame

BEGINNING: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the protocol knows no zones
"""What a clock shows which has lost its time (field notes 11)."""
FACE_MODE: Final = 8
"""`mode` of a record of somebody who showed a face (field notes 3, mode)."""


class Machine:
    """The state of one terminal; it survives reconnects and power cuts."""

    def __init__(self, profile: Profile, serial: str, timing: Timing) -> None:
        """Leave the factory."""
        self.profile = profile
        self.serial = serial
        self.timing = timing
        self.signal = Signal()
        self.clock = Clock()
        self.users = Users()
        self.logs = LogBook()
        self.doors = Doors(profile.doors, changed=self._door_changed)
        self.settings = device_settings(profile.settings)
        self.access_settings = access_settings(profile.access_settings)
        self.questionnaire: Frame = dict(QUESTIONNAIRE)
        self.holidays: list[Frame] = []
        self.pages: dict[str, Pages] = {}
        self.new_users: list[Frame] = []
        """`senduser` frames which the server has not acknowledged."""
        self.enrolment: Enrolment | None = None
        self.cpusn = profile.cpusn
        """Serial number of the processor: another board has another."""
        self.mac: str | None = "00-01-A9-" + "-".join(f"{byte:02X}" for byte in serial.encode()[-3:])
        self.alarm = False
        self.online = False
        """Registered on the present socket."""
        self.refusal: str | None = None
        """Why the server refused to register this terminal on the present socket."""
        self.logindex = 0
        self.screen = ""
        self.menu_approval = False
        """The menu's "Server approval" of terminals which have no setting for it (field notes 3)."""
        self.faults = Faults()
        """What goes wrong at present; the terminal sets it."""
        self.restart: Callable[..., None] = lambda _=None: None
        """Cuts the power; it is back after some seconds, or after as long as a restart takes. The terminal sets it."""
        self.save: Callable[[], None] = lambda: None
        """Keeps the present state in a file, if there is one; the terminal sets it."""
        self.listeners: list[Callable[[str], None]] = []

    @property
    def asks_server(self) -> bool:
        """Tell whether the server decides about each punch."""
        return self.menu_approval or bool(self.settings.get("server_verify", 0))

    @property
    def lacks(self) -> frozenset[str]:
        """Return the names of `FEATURES` which this firmware is without."""
        return self.profile.lacks | self.faults.lacks

    def knows(self, command: str) -> bool:
        """Tell whether this firmware has a command of the specification."""
        return command not in self.faults.unknown and command not in unknown_commands(self.lacks)

    def capacity(self, counted: str) -> float:
        """Return how many of `user` or of a word of `COUNTED` fit in; a size of 0 or none says nothing."""
        size = self.profile.sizes.get(f"{counted}size") or math.inf
        return self.faults.capacity.get(counted, size)

    def would_open(self, enrollid: int, door: int, at: datetime, kinds: Collection[str] | None = None) -> Verdict:
        """Return whether a scan of somebody opens a door at a local time, by what is held here.

        `kinds` is what is verified with, by default whatever is stored of the person.
        """
        if door not in self.doors.by_number:
            message = f"there is no door {door}"
            raise ValueError(message)
        user = self.users.by_id.get(enrollid)
        if user is None:
            return Verdict(Reason.UNKNOWN)
        ways = user.kinds if kinds is None else kinds
        if not ways:
            return Verdict(Reason.NO_CREDENTIAL)
        if not is_enabled(user, ways, splits=self.faults.splits_enabling):
            return Verdict(Reason.DISABLED)
        return Verdict(judge(user, self.doors.by_number[door], at, self.access_settings, self.lacks))

    def report(self, text: str) -> None:
        """Tell listeners what has happened, and everybody who waits that something has."""
        for listener in self.listeners:
            listener(text)
        self.signal.notify()

    def counters(self) -> dict[str, int]:
        """Return capacities and usage as in `getdevcap` (spec B36)."""
        sizes = {
            key: self.profile.sizes.get(key, 0)
            for key in (
                "usersize",
                "facesize",
                "fpsize",
                "palmsize",
                "cardsize",
                "pwdsize",
                "logsize",
            )
        }
        return sizes | dict(self.users.used()) | self.logs.used()

    def devinfo(self) -> Frame:
        """Return `devinfo` of `reg` (spec A1, field notes 2): only what the hardware has."""
        profile = self.profile
        kinds = ("face", "fp", "palm", "card", "pwd")
        absent = {f"{use}{kind}{end}" for kind in kinds for use, end in (("", "size"), ("used", ""))}
        absent -= {f"{kind}size" for kind in kinds if f"{kind}size" in profile.sizes}
        absent -= {f"used{kind}" for kind in kinds if f"{kind}size" in profile.sizes}
        if not profile.devinfo:
            absent.add("usedrtlog")
        counters = {key: value for key, value in self.counters().items() if key not in absent}
        return {
            "modelname": profile.modelname,
            **counters,
            "fpalgo": profile.fpalgo,
            "firmware": profile.firmware,
            "time": self.clock.text(),
            **profile.devinfo,
            **({} if self.mac is None else {"mac": self.mac}),
        }

    def punch(
        self,
        enrollid: int,
        *,
        mode: int | None,
        inout: int,
        event: int,
        time: datetime | str | None,
        image: str | None,
        temp: float | str | None,
        door: int,
    ) -> Frame:
        """Store a punch; without server approval somebody who may pass opens the door."""
        profile = self.profile
        user = self.users.by_id.get(enrollid)
        number = profile.punch_mode if mode is None else mode
        record: Frame = {
            "enrollid": enrollid,
            "time": self._time(time),
            "mode": number,
            "inout": inout,
            "event": event,
        }
        if profile.punch_details:
            record |= {"name": user.name if user else "", "verifymode": number}
            if image is None and self.settings.get("use_logphoto", 1):
                image = PUNCH_PHOTO
        if image:
            record["image"] = image
        if temp is not None:
            record["temp"] = temp
        self.report(f"user {enrollid} punches" + (f" ({user.name})" if user else ""))
        if not self.asks_server:
            self._decide_alone(user, record, door)
        elif not self.online:
            # "Online verification" fails closed (field notes 0, fact 9).
            self.screen = "server offline"
            self.report(f"user {enrollid} refused: {self.screen}")
        self.log(record, door)
        return record

    def door_event(self, event: int, time: datetime | str | None = None) -> Frame:
        """Store a record of a door; it does not say which one (field notes 3, event)."""
        if event in ALARMS:
            self.alarm = True
        record = {
            "enrollid": 0,
            "time": self._time(time),
            "mode": 0,
            "inout": 1,
            "event": int(event),
        }
        self.log(record)
        return record

    def log(self, record: Frame, door: int = 1) -> None:
        """Store a record and let the network side see it."""
        self.logs.add(record, live=self.online, door=door, room=self.capacity("log"))
        self.save()
        self.signal.notify()

    def next_logindex(self) -> int:
        """Return the number of the next `sendlog` frame; some firmware never counts (field notes 0, fact 3)."""
        self.logindex += self.profile.counts_logindex
        return self.logindex

    def hang_up(self) -> None:
        """Forget what belongs to a socket."""
        self.online = False
        self.refusal = None
        self.pages.clear()
        self.logs.postpone()

    def open_door(self, door: Door, event: DoorEvent | None = None) -> None:
        """Open one door for the open delay, and log why."""
        if door.mode != "held_closed" and event is not None:
            self.door_event(event)
        self.doors.open(door, max(int(self.access_settings["opendelay"]), 1) * self.timing.second)

    def decide(self, record: Frame, reply: Mapping[str, Any], door: int = 1) -> None:
        """Do what the server says about a punch, a QR code or a PIN (spec A2 and B28)."""
        message = reply.get("message")
        if isinstance(message, str):
            self.screen = message
        if truth(reply.get("access")) and truth(reply.get("result")):
            self.report(f"server lets {self._subject(record)} in: {self.screen}")
            self.open_door(self.doors.by_number[door])
        else:
            self.report(f"server refuses {self._subject(record)}: {self.screen}")

    def announce(self, user: User, backupnum: int) -> None:
        """Queue a `senduser` for one credential (spec A3)."""
        self.new_users.append(
            {
                "cmd": "senduser",
                "sn": self.serial,
                "enrollid": user.enrollid,
                "name": user.name,
                "backupnum": backupnum,
                "admin": user.admin,
                "record": user.credentials.get(backupnum, ""),
            },
        )
        self.save()
        self.signal.notify()

    def finish_enrolment(self, record: str | int | None) -> None:
        """Let the person scan during an `adduser`; the answer goes out first, then `senduser`."""
        if self.enrolment is None:
            message = "no remote enrolment is running"
            raise RuntimeError(message)
        task, self.enrolment = self.enrolment, None
        user = User(enrollid=task.enrollid, name=task.name, admin=task.admin)
        user.credentials[task.backupnum] = task.sample() if record is None else record
        self.users.by_id[user.enrollid] = user
        task.finish({"result": True})
        self.report(f"user {user.enrollid} enrolled")
        self.announce(user, task.backupnum)

    def abandon_enrolment(self) -> None:
        """Leave the enrolment screen without a scan."""
        if self.enrolment is not None:
            task, self.enrolment = self.enrolment, None
            task.finish({"result": False, "reason": 1})
            self.report(f"enrolment of user {task.enrollid} abandoned")

    def power_off(self) -> None:
        """Lose what is not stored."""
        self.hang_up()
        self.alarm = False
        self.screen = ""
        self.abandon_enrolment()
        self.doors.release()
        if self.faults.loses_clock:
            self.clock.set(BEGINNING)
        self.save()

    def forget(self) -> None:
        """Return to the factory's state: only the serial number stays, and where the server is."""
        self.users.by_id.clear()
        self.users.notice = ""
        self.new_users.clear()
        self.logs.clear()
        self.settings.clear()
        self.settings.update(device_settings(self.profile.settings))
        self.access_settings.clear()
        self.access_settings.update(access_settings(self.profile.access_settings))
        self.questionnaire = dict(QUESTIONNAIRE)
        self.holidays = []
        self.menu_approval = False
        self.logindex = 0
        self.report("reset to the factory's state")
        self.save()

    def interrupt(self, interruptions: Iterable[Interruption]) -> bool:
        """Let things happen in the middle of the server's work, and tell whether the power was lost."""
        lost = False
        for interruption in interruptions:
            if callable(interruption.act):
                interruption.act()
                continue
            if interruption.act == "factory_reset":
                self.forget()
            self.restart(interruption.away)
            lost = True
        return lost

    def _decide_alone(self, user: User | None, record: Frame, door: int) -> None:
        # Somebody has been recognised, whatever with.
        kind = "face" if record["mode"] == FACE_MODE else "fp"
        verdict = self.would_open(record["enrollid"], door, self._moment(record["time"]), {kind})
        if user is not None and verdict:
            self.screen = f"welcome {user.name}".strip()
            self.open_door(self.doors.by_number[door])
        else:
            self.screen = "refused"
            self.report(f"user {record['enrollid']} refused: {verdict.reason}")

    def _subject(self, record: Frame) -> str:
        return f"user {record['enrollid']}" if "enrollid" in record else "the code"

    def _time(self, time: datetime | str | None) -> str:
        if time is None:
            return self.clock.text()
        return time if isinstance(time, str) else time.strftime(FORMAT)

    def _moment(self, time: str) -> datetime:
        try:
            return parse(time)
        except ValueError:
            return self.clock.now()

    def _door_changed(self, door: Door) -> None:
        if self.access_settings["doorsensor"]:
            self.door_event(DoorEvent.OPENED if door.is_open else DoorEvent.CLOSED)
        self.report(f"door {door.number} {'opened' if door.is_open else 'locked'}")
