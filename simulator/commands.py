"""From a command of the server to the answer of the terminal."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from . import answers_access as access, answers_device as device, answers_users as users
from .errors import UNKNOWN, RefusedError
from .machine import Machine
from .wire import Frame

type Answer = Frame | asyncio.Future[Frame] | None
"""The keys besides `ret` and `sn`; perhaps only later, perhaps never."""

HANDLERS: Final[Mapping[str, Callable[[Machine, Frame], Answer]]] = {
    "getuserlist": users.getuserlist,
    "getuserinfo": users.getuserinfo,
    "setuserinfo": users.setuserinfo,
    "deleteuser": users.deleteuser,
    "getusername": users.getusername,
    "setusername": users.setusername,
    "enableuser": users.enableuser,
    "cleanuser": users.cleanuser,
    "cleanadmin": users.cleanadmin,
    "setuserprofile": users.setuserprofile,
    "getuserprofile": users.getuserprofile,
    "adduser": users.adduser,
    "getnewlog": device.getnewlog,
    "getalllog": device.getalllog,
    "cleanlog": device.cleanlog,
    "initsys": device.initsys,
    "reboot": device.reboot,
    "settime": device.settime,
    "gettime": device.gettime,
    "setdevinfo": device.setdevinfo,
    "getdevinfo": device.getdevinfo,
    "getquestionnaire": device.getquestionnaire,
    "setquestionnaire": device.setquestionnaire,
    "getdevcap": device.getdevcap,
    "opendoor": access.opendoor,
    "lockctrl": access.lockctrl,
    "setdevlock": access.setdevlock,
    "getdevlock": access.getdevlock,
    "getuserlock": access.getuserlock,
    "setuserlock": access.setuserlock,
    "deleteuserlock": access.deleteuserlock,
    "cleanuserlock": access.cleanuserlock,
    "getholiday": access.getholiday,
    "setholiday": access.setholiday,
}
"""Every command of the specification; B8, B28 and B37 share the names of others."""

_ECHOES_ENROLLID: Final = frozenset({"adduser", "setuserprofile", "getuserprofile"})


def answer(machine: Machine, name: str, command: Frame) -> Answer:
    """Return the answer to a command, without `ret` and `sn`."""
    handler = HANDLERS.get(name)
    if handler is None and name in machine.profile.undocumented:
        handler = device.accept
    if handler is None:
        # Old firmware keeps silent (field notes 5, all).
        return {"result": False, "msg": UNKNOWN} if machine.profile.explains else None
    try:
        return handler(machine, command)
    except RefusedError as error:
        reply: Frame = {"result": False, "reason": error.reason}
        if machine.profile.explains and error.msg is not None:
            reply["msg"] = error.msg
        if name in _ECHOES_ENROLLID and "enrollid" in command:
            reply["enrollid"] = command["enrollid"]
        return reply
