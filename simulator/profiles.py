"""The families of firmware which can be simulated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What tells one firmware from another."""

    name: str
    modelname: str
    firmware: str
    sizes: Mapping[str, int]
    """Capacities as in `reg` and `getdevcap`; a missing one is 0."""
    fpalgo: str = "thbio3.0"
    cpusn: str | None = None
    """Only old fingerprint firmware reports it (field notes 2)."""
    doors: int = 1
    credentials: frozenset[int] = frozenset(range(12))
    """The `backupnum` values which this hardware can store."""
    punch_mode: int = 1
    punch_details: bool = False
    """Punches carry `name`, `image` and `verifymode` (field notes 3)."""
    counts_logindex: bool = True
    """Otherwise `logindex` is 0 for ever (field notes 0, fact 3)."""
    admin_as_text: bool = False
    """`getuserlist` prints `admin` as a string (field notes 0, fact 8)."""
    paging: Literal["total", "page"] = "page"
    """`total`: `to` is exclusive, `count` is everything, silence after the end (field notes 5, getuserlist)."""
    batch: int = 50
    """Most records of one backlog frame."""
    unacknowledged: Literal["resend", "reconnect"] = "resend"
    """Send the same frame again at once, or hang up (field notes 0, fact 2, and 1, silence)."""
    checks_ack: bool = True
    """An ack counts only with the same `count` and `logindex`."""
    heartbeat: bool = False
    """Repeats an accepted `reg`."""
    pongs: bool = False
    """Answers WebSocket pings."""
    explains: bool = False
    """Failures carry `msg`, and unknown commands are answered at all (field notes 5)."""
    whole_users: bool = False
    """Understands the user profile of spec B37 (`setuserinfo` since v2.9)."""
    echoes_users: bool = False
    """Sends `senduser` for what the server itself has just written (field notes 4)."""
    logs_software_open: bool = True
    """Leaves an `enrollid` 0 record with event 3 when software opens a door."""
    scanner: bool = False
    """Has a QR scanner and a PIN pad which ask the server."""
    receive_limit: int | None = None
    """Longer commands are lost in the small receive buffer (field notes 1)."""
    devinfo: Mapping[str, Any] = field(default_factory=dict)
    """Further `devinfo` keys of `reg`."""
    settings: Mapping[str, int] = field(default_factory=dict)
    """Further `getdevinfo` settings with their factory values."""
    access_settings: Mapping[str, Any] = field(default_factory=dict)
    """Further `getdevlock` settings with their factory values."""
    lacks: frozenset[str] = frozenset()
    """Names of `FEATURES` which this firmware is without."""
    announces_users: bool = True
    """Sends `senduser` for a credential which is registered at the keypad (field notes 4)."""
    announces_names: bool = False
    """Also for somebody who is renamed there (field notes 11: usually not)."""
    undocumented: frozenset[str] = frozenset()
    """Commands outside the specification which are accepted (field notes 5)."""


_TFS30: Final = Profile(
    name="tfs30",
    modelname="tfs30",
    firmware="TH600 V9.9",
    cpusn="df67b870070e1f24",
    sizes={"usersize": 3000, "fpsize": 3000, "cardsize": 3000, "pwdsize": 3000, "logsize": 193877},
    admin_as_text=True,
    paging="total",
    # No capture of such a terminal shows a record after opendoor.
    logs_software_open=False,
    receive_limit=3000,
)

_AI_FACE: Final = Profile(
    name="ai_face",
    modelname="AiFace",
    firmware="ai518_f40v_v2.17",
    sizes={
        "usersize": 5000,
        "facesize": 5000,
        "fpsize": 5000,
        "palmsize": 0,
        "cardsize": 5000,
        "pwdsize": 5000,
        "logsize": 500000,
    },
    credentials=frozenset({*range(12), *range(20, 28), 40, 41, 50}),
    punch_mode=8,
    punch_details=True,
    counts_logindex=False,
    unacknowledged="reconnect",
    checks_ack=False,
    heartbeat=True,
    pongs=True,
    explains=True,
    whole_users=True,
    echoes_users=True,
    scanner=True,
    devinfo={
        "netinuse": 1,
        "usb4g": 0,
        "intercom": 0,
        "floors": 48,
        "charid": 1,
        "useosdp": 0,
        "dislanguage": 524417,
        "curip": "192.0.2.10",
    },
    settings={
        "disablemenu": 0,
        "use_logphoto": 1,
        "stranger_photo": 0,
        "stranger_lock": 0,
        "server_verify": 0,
        "server_verify_timeout": 5,
    },
    access_settings={
        "access_times": 0,
        "punchtimes": 0,
        "nopentime": [{"day": 0} for _ in range(7)],
    },
    undocumented=frozenset({"disabledevice", "enabledevice", "keypad"}),
)

_CONTROLLER4: Final = Profile(
    name="controller4",
    modelname="ac4000",
    firmware="th600ac v6.1",
    doors=4,
    punch_mode=3,
    sizes={
        "usersize": 10000,
        "fpsize": 5000,
        "cardsize": 10000,
        "pwdsize": 10000,
        "logsize": 100000,
    },
    receive_limit=3000,
)

PROFILES: Final[Mapping[str, Profile]] = {profile.name: profile for profile in (_TFS30, _AI_FACE, _CONTROLLER4)}
"""The known firmware families by name."""
