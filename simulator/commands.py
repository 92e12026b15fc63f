"""From a command of the server to the answer of the terminal."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from . import answers_access as access, answers_device as device, answers_users as users
from .errors import UNKNOWN, RefusedError
from .lost_writes import Memory
from .machine import Machine
from .wire import Frame

type Answer = Frame | asyncio.Future[Frame] | None
"""The keys besides `ret` and `sn`; perhaps only later, perhaps never."""
type Handler = Callable[[Machine, Frame], Answer]

HANDLERS: Final[Mapping[str, Handler]] = {
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
    known = machine.knows(name)
    handler = HANDLERS.get(name) if known else None
    if handler is None and known and name in machine.profile.undocumented:
        handler = device.accept
    if handler is None:
        # Old firmware keeps silent (field notes 5, all).
        return {"result": False, "msg": UNKNOWN} if machine.profile.explains else None
    try:
        return _carried_out(machine, handler, command)
    except RefusedError as error:
        reply: Frame = {"result": False, "reason": error.reason}
        if machine.profile.explains and error.msg is not None:
            reply["msg"] = error.msg
        if name in _ECHOES_ENROLLID and "enrollid" in command:
            reply["enrollid"] = command["enrollid"]
        return reply


def _carried_out(machine: Machine, handler: Handler, command: Frame) -> Answer:
    lost = machine.faults.lost
    if lost is None:
        return handler(machine, command)
    memory, echoes = Memory(machine.users, machine.access_settings), len(machine.new_users)
    reply = handler(machine, command)
    memory.lose(lost)
    # What is not stored is not pushed either.
    machine.new_users[echoes:] = [frame for frame in machine.new_users[echoes:] if _is_stored(machine, frame)]
    return reply


def _is_stored(machine: Machine, frame: Frame) -> bool:
    user = machine.users.by_id.get(frame["enrollid"])
    return user is not None and user.credentials.get(frame["backupnum"], "") == frame["record"]
