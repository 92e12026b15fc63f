"""What the server has asked, in order."""

from datetime import datetime

import pytest

from simulator import User
from simulator.clock import parse
from simulator.journal import Commands

from .conftest import CLOUD_TIME, Lab, Server

NOON = datetime(2026, 3, 2, 12)  # noqa: DTZ001 - the protocol knows no zones


async def test_commands_are_remembered_in_order(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    terminal.add_user(User(enrollid=1, credentials={11: 5}))
    await server.call("gettime")
    await server.call("deleteuser", enrollid=1, backupnum=13)
    await terminal.drop()
    await terminal.wait_registered()
    await server.call("getuserlist", stn=True)
    await server.call("setuserinfo", enrollid=2, name="x", backupnum=10, record=1234)
    commands = list(terminal.commands)
    assert [item.name for item in commands] == ["gettime", "deleteuser", "getuserlist", "setuserinfo"]
    assert [item.order for item in commands] == [1, 2, 3, 4]
    assert [item.connection for item in commands] == [1, 1, 2, 2]
    # Secrets too: a test may want to know whether one was sent.
    assert commands[3].frame["record"] == 1234
    # On its own clock, which the server has set.
    assert all(0 <= (item.at - parse(CLOUD_TIME)).total_seconds() < 60 for item in commands)
    removal = terminal.commands.first("deleteuser", enrollid=1)
    question = terminal.commands.first("getuserlist")
    assert removal is not None
    assert question is not None
    assert removal.order < question.order
    assert terminal.commands.first("deleteuser", enrollid=2) is None
    assert terminal.commands.first("deleteuser", after=removal.order) is None
    assert [item.name for item in terminal.commands.named(after=2)] == ["getuserlist", "setuserinfo"]
    assert terminal.commands.named("gettime", "getuserlist") == [commands[0], commands[2]]


async def test_what_is_not_heard_is_not_remembered(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    await server.send({"cmd": "setuserinfo", "record": "x" * 3000})
    await server.call("gettime")
    assert [item.name for item in terminal.commands] == ["gettime"]


def test_the_record_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.journal.MOST_COMMANDS", 3)
    commands = Commands()
    for number in range(5):
        commands.note({"cmd": "gettime", "number": number}, NOON, 1)
    assert (len(commands), commands.count, commands.forgotten) == (3, 5, 2)
    assert [item.order for item in commands] == [3, 4, 5]
