"""What a terminal says of its own accord (specification A1-A3 and B27; field notes 2-4).

Everything may be missing and numbers may be texts: absent and unreadable values are None, and what
is not understood stays in `extra`. Times are the terminal's own naive local time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
import re
from typing import Any, Self, override

from .enums import DoorEvent, VerifyMethod
from .kinds import MAX_TEXT, EnrollId, Kind, Moment, Number, Opaque, Text, Whole
from .record_time import RecordTime
from .table import Rows, Table
from .unread import IDENTITY, Unread, unread_records, unread_rest
from .wire import Nested, Structure, plain, wire, wire_fields

# Enroll id of somebody who was seen but not recognised (field notes 3, special ids).
STRANGER_ID = 99_999_999
# Records a frame; live batches hold up to 50 (field notes 3). Binds only what is sent.
MAX_BATCH = 50

_SERIAL_LENGTH = 32
# Serial numbers seen in the field are 10 to 12 letters and digits (field notes 9).
_VALID_SERIAL = re.compile(rf"[A-Z0-9_-]{{1,{_SERIAL_LENGTH}}}", re.ASCII)

# Body temperatures in °C that a sensor may sensibly report; skin in winter is at the lower end.
_COLDEST, _HOTTEST = 25.0, 45.0
# Firmware sends degrees, tenths or hundredths of a degree (field notes 3).
_TEMPERATURE_SCALES = (1, 10, 100)

_DATA_URL = re.compile(r"\s*data:[^,]*,")
# Where that ends at the latest: what follows are megabytes.
_DATA_URL_END = 256

_COUNT = Whole()
_TEXT = Text(1024)


@dataclass(frozen=True)
class SerialNumber(Text):
    """A serial number; case and white space around it mean nothing (field notes 2)."""

    limit: int = _SERIAL_LENGTH

    @override
    def read(self, value: object) -> str | None:
        """Return the serial number in upper case; None when it is empty."""
        text = super().read(value)
        return text.strip().upper() or None if text is not None else None


@dataclass(frozen=True)
class Temperature(Kind[float]):
    """A body temperature in °C, sent as 36.5, "36.5", 365 or 3650 (field notes 3); read only."""

    @override
    def read(self, value: object) -> float | None:
        """Return degrees Celsius; None for 0 and whatever else no living body has."""
        if type(value) is float and _COLDEST <= value <= _HOTTEST:
            return value
        if (number := Number().read(value)) is None:
            return None
        for scale in _TEMPERATURE_SCALES:
            if _COLDEST <= number / scale <= _HOTTEST:
                return number / scale
        return None

    @override
    def read_all(self, values: list[Any]) -> list[float | None]:
        """Return the degrees; a column that is in order is seen to be so at once."""
        if set(map(type, values)) == {float} and all(_COLDEST <= value <= _HOTTEST for value in set(values)):
            return values
        return super().read_all(values)


@dataclass(frozen=True)
class PersonName(Text):
    """What somebody is called, as the terminal says it with each record."""

    @override
    def read_all(self, values: list[Any]) -> list[str | None]:
        """Return the names; a column that is in order is seen to be so at once."""
        if set(map(type, values)) == {str} and max(map(len, values)) <= MAX_TEXT:
            return values
        return super().read_all(values)


@dataclass(frozen=True)
class Photo(Text):
    """A base64 JPEG, with or without a `data:` prefix (field notes 3, image)."""

    @override
    def read(self, value: object) -> str | None:
        """Return the base64 text without a prefix."""
        if not isinstance(value, str):
            return None
        prefix = _DATA_URL.match(value, 0, _DATA_URL_END)
        return value[prefix.end() :] if prefix else value


SERIAL = SerialNumber()


@dataclass(frozen=True, kw_only=True)
class DeviceInfo(Structure):
    """What a terminal is and how full it is: `devinfo` (specification A1, B36; field notes 2).

    Capacities and uses count users, credentials and log records. `logs_unsent` are records that the
    terminal still wants to send, `logs_realtime` those among them that are live. `address` is the
    one the terminal believes to have.
    """

    model: str | None = field(default=None, metadata=wire("modelname", _TEXT))
    firmware: str | None = field(default=None, metadata=wire("firmware", _TEXT))
    manufacturer: str | None = field(default=None, metadata=wire("manufacturer", _TEXT))
    fingerprint_algorithm: str | None = field(default=None, metadata=wire("fpalgo", _TEXT))
    time: datetime | None = field(default=None, metadata=wire("time", Moment()))
    mac: str | None = field(default=None, metadata=wire("mac", _TEXT))
    address: str | None = field(default=None, metadata=wire("curip", _TEXT))
    floors: int | None = field(default=None, metadata=wire("floors", _COUNT))
    users_capacity: int | None = field(default=None, metadata=wire("usersize", _COUNT))
    users_used: int | None = field(default=None, metadata=wire("useduser", _COUNT))
    faces_capacity: int | None = field(default=None, metadata=wire("facesize", _COUNT))
    faces_used: int | None = field(default=None, metadata=wire("usedface", _COUNT))
    fingerprints_capacity: int | None = field(default=None, metadata=wire("fpsize", _COUNT))
    fingerprints_used: int | None = field(default=None, metadata=wire("usedfp", _COUNT))
    palms_capacity: int | None = field(default=None, metadata=wire("palmsize", _COUNT))
    palms_used: int | None = field(default=None, metadata=wire("usedpalm", _COUNT))
    cards_capacity: int | None = field(default=None, metadata=wire("cardsize", _COUNT))
    cards_used: int | None = field(default=None, metadata=wire("usedcard", _COUNT))
    passwords_capacity: int | None = field(default=None, metadata=wire("pwdsize", _COUNT))
    passwords_used: int | None = field(default=None, metadata=wire("usedpwd", _COUNT))
    logs_capacity: int | None = field(default=None, metadata=wire("logsize", _COUNT))
    logs_used: int | None = field(default=None, metadata=wire("usedlog", _COUNT))
    logs_unsent: int | None = field(default=None, metadata=wire("usednewlog", _COUNT))
    logs_realtime: int | None = field(default=None, metadata=wire("usedrtlog", _COUNT))


# Keys of `devinfo` that AiFace firmware may send next to `cmd`; those without a field included.
_INFO_KEYS = frozenset(key for _, key, _, _ in wire_fields(DeviceInfo)) | {
    "acces_stimes",
    "charid",
    "dislanguage",
    "facetemplate",
    "intercom",
    "netinuse",
    "ntp",
    "timezone",
    "usb4g",
    "useosdp",
}


@dataclass(frozen=True, kw_only=True)
class Registration(Structure):
    """A terminal introduces itself (specification A1, field notes 2).

    `serial` is stripped and in upper case, and empty where the terminal sent none. `cpu_serial` is
    no identity: prototypes share it. `info` is empty, never None, where there was no `devinfo`.
    """

    serial: str = field(default="", metadata=wire("sn", SERIAL))
    cpu_serial: str | None = field(default=None, metadata=wire("cpusn", _TEXT, "cpushn"))
    info: DeviceInfo = field(default_factory=DeviceInfo, metadata=wire("devinfo", Nested(DeviceInfo)))

    @override
    @classmethod
    def parse(cls, frame: Mapping[str, Any]) -> Self:
        """Read a registration; `devinfo` keys that lie next to `cmd` are taken as if inside it."""
        info = frame.get("devinfo", {})
        if "devinfo" not in frame and any(plain(key) == "devinfo" for key in frame):
            return super().parse(frame)
        if isinstance(info, dict):
            flat = {key: frame[key] for key in _INFO_KEYS & frame.keys() if key not in info}
            frame = {key: value for key, value in frame.items() if key not in flat}
            if flat:
                frame["devinfo"] = {**info, **flat}
        return super().parse(frame)

    @override
    @classmethod
    def complete(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Promise a serial number, if an empty one, and an info."""
        values["serial"] = values["serial"] or ""
        values["info"] = values["info"] or DeviceInfo()
        return values

    @property
    def is_valid(self) -> bool:
        """Whether the serial number is one: 1 to 32 letters, digits, `-` and `_`."""
        return _VALID_SERIAL.fullmatch(self.serial) is not None


@dataclass(frozen=True, kw_only=True)
class LogRecord(Structure):
    """One line of a terminal's log (specification A2; field notes 3).

    `enroll_id` 0 marks a door event and is not the same as a missing one. `mode`, `reader`
    (`inout`), `event` and `verify_mode` are the raw numbers. `time` is naive and local, or aware
    where the terminal told an instant. `temperature` is in °C. `image` is a base64 JPEG.
    """

    enroll_id: int | None = field(default=None, metadata=wire("enrollid", EnrollId()))
    time: datetime | None = field(default=None, metadata=wire("time", RecordTime()))
    mode: int | None = field(default=None, metadata=wire("mode", Whole()))
    reader: int | None = field(default=None, metadata=wire("inout", Whole()))
    event: int | None = field(default=None, metadata=wire("event", Whole()))
    verify_mode: int | None = field(default=None, metadata=wire("verifymode", Whole()))
    name: str | None = field(default=None, metadata=wire("name", PersonName(_TEXT.limit)))
    temperature: float | None = field(default=None, metadata=wire("temp", Temperature()))
    image: str | None = field(default=None, repr=False, metadata=wire("image", Photo(2_000_000)))

    @property
    def method(self) -> VerifyMethod:
        """How the person was verified: `verify_mode` where it says so, else `mode`.

        Mode 0 is UNKNOWN: the specification is of two minds, other dialects mean a password, and
        only simulators send it for a fingerprint (field notes 3, mode).
        """
        method = VerifyMethod(self.verify_mode or VerifyMethod.UNKNOWN)
        if method is VerifyMethod.UNKNOWN:
            method = VerifyMethod(self.mode or VerifyMethod.UNKNOWN)
        return method

    @property
    def is_door_event(self) -> bool:
        """Whether the record is about a door and not about a person (specification A2, note)."""
        return self.enroll_id == 0

    @property
    def door_event(self) -> DoorEvent:
        """What happened to the door; UNKNOWN for records about people."""
        if not self.is_door_event or self.event is None:
            return DoorEvent.UNKNOWN
        return DoorEvent(self.event)

    @property
    def is_stranger(self) -> bool:
        """Whether the terminal saw somebody it does not know (field notes 3, special ids)."""
        return self.enroll_id == STRANGER_ID


LOG_RECORDS = Rows(LogRecord, MAX_BATCH)
# Other keys of a list of records (field notes 11, shapes of a batch).
RECORD_ALIASES = ("records", "log", "logs")
# What lies next to `cmd` where there is one record and no list (field notes 11, pushes).
_NO_LIST = frozenset({"cmd", "sn", "count", "logindex"})


@dataclass(frozen=True, kw_only=True)
class LogBatch(Structure):
    """Log records, live or from the backlog (specification A2, field notes 3).

    `count` and `log_index` are to be echoed and mean nothing else: `log_index` may be missing,
    negative or always 0 (field notes 0.3), and `count` need not be the number of records. `name` is the word the
    terminal used, and the one to answer with. `unread` is what was not understood wholly.
    """

    serial: str | None = field(default=None, metadata=wire("sn", SERIAL))
    count: int | None = field(default=None, metadata=wire("count", Whole()))
    log_index: int | None = field(default=None, metadata=wire("logindex", Whole()))
    records: Table[LogRecord] = field(
        default_factory=LOG_RECORDS.empty, metadata=wire("record", LOG_RECORDS, *RECORD_ALIASES)
    )
    name: str = "sendlog"
    unread: tuple[Unread, ...] = ()

    @override
    @classmethod
    def complete(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Promise a word and a table of records, if an empty one, and tell what was not understood."""
        records, extra = values["records"], values["extra"]
        if records is None and any(plain(key) == "enrollid" for key in extra):
            records = LOG_RECORDS.read({key: value for key, value in extra.items() if plain(key) not in _NO_LIST})
            extra = values["extra"] = {key: value for key, value in extra.items() if plain(key) in _NO_LIST}
        values["name"] = name = str(extra.get("cmd") or cls.name)
        values["records"] = LOG_RECORDS.empty() if records is None else records
        # Nearly all have nothing but their word besides.
        if len(extra) > 1 or (values["count"] or 0) > len(values["records"]) or not values["records"].tells(IDENTITY):
            values["unread"] = (
                *unread_records(name, values["records"]),
                *unread_rest(name, extra, values["count"], values["records"]),
            )
        return values


@dataclass(frozen=True, kw_only=True)
class UserUpload(Structure):
    """One credential of one user, added at the keypad or just written (specification A3).

    `record` is a number for passwords and cards and a text for everything else; it may be "0" or
    empty for a user without a credential (field notes 4).
    """

    serial: str | None = field(default=None, metadata=wire("sn", SERIAL))
    enroll_id: int | None = field(default=None, metadata=wire("enrollid", EnrollId()))
    name: str | None = field(default=None, metadata=wire("name", _TEXT))
    backup_number: int | None = field(default=None, metadata=wire("backupnum", Whole()))
    role: int | None = field(default=None, metadata=wire("admin", Whole()))
    record: int | str | None = field(default=None, repr=False, metadata=wire("record", Opaque()))

    @property
    def is_partly_read(self) -> bool:
        """Whether it does not say who and which credential in words that are understood."""
        return self.enroll_id is None or self.is_misread("backup_number")


@dataclass(frozen=True, kw_only=True)
class QrScan(Structure):
    """Somebody showed a QR code (specification B27)."""

    serial: str | None = field(default=None, metadata=wire("sn", SERIAL))
    code: str | None = field(default=None, repr=False, metadata=wire("record", _TEXT))


@dataclass(frozen=True, kw_only=True)
class PinEntry(Structure):
    """Somebody typed a PIN that the server is to judge (field notes 4, sendpin)."""

    serial: str | None = field(default=None, metadata=wire("sn", SERIAL))
    pin: str | None = field(default=None, repr=False, metadata=wire("pin", _TEXT))
    time: datetime | None = field(default=None, metadata=wire("time", Moment()))


@dataclass(frozen=True, kw_only=True)
class Heartbeat(Structure):
    """A sign of life: `heartbeat`, or `checklive` of the HTTP dialect (field notes 1, dialects).

    `name` is the word the terminal used, and the one to answer with.
    """

    name: str = field(default="heartbeat", metadata=wire("cmd", _TEXT))
    serial: str | None = field(default=None, metadata=wire("sn", SERIAL))
    time: datetime | None = field(default=None, metadata=wire("time", Moment()))

    @override
    @classmethod
    def complete(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Promise a word to answer with."""
        values["name"] = values["name"] or "heartbeat"
        return values


type Message = Registration | LogBatch | UserUpload | QrScan | PinEntry | Heartbeat

MESSAGES: dict[str, type[Message]] = {
    "checklive": Heartbeat,
    "heartbeat": Heartbeat,
    "reg": Registration,
    "sendlog": LogBatch,
    "sendpin": PinEntry,
    "sendqrcode": QrScan,
    "senduser": UserUpload,
}

# Records of the log; live ones have a word of their own in another dialect (field notes 1, dialects).
LOGS = frozenset({"sendlog", "sendrtlog"})
# Asked for somebody who stands at the door.
QUESTIONS = frozenset({"sendpin", "sendqrcode"})
