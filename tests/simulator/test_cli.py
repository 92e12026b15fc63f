"""The command line, in a process of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
import signal
import sys

import pytest

from simulator import Faults, Interruption, LostWrites, User, VirtualTerminal
from simulator.__main__ import arguments
from simulator.console import Console

from .conftest import Lab, Server

PIPE = asyncio.subprocess.PIPE


class Shell:
    """A running command line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    def close_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    async def until(self, text: str) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            while line := (await self.process.stdout.readline()).decode():
                self.lines.append(line)
                if text in line:
                    return line
        raise AssertionError(f"{text!r} is not in {self.lines}")

    async def end(self) -> int:
        async with asyncio.timeout(20):
            return await self.process.wait()


@asynccontextmanager
async def shell(server: Server, *words: str, stdin: int = PIPE) -> AsyncIterator[Shell]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--url", server.url, "--fast", *words),
        stdin=stdin,
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Shell(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_lines_of_a_day(server: Server) -> None:
    async with shell(server, "--profile", "ai_face", "--serial", "ZX9", "--users", "3") as cli:
        await cli.until(f"connected to {server.url}")
        await cli.until("registered")
        cli.type("punch 1")
        await cli.until("door 1 opened")
        await cli.until("punch of user 1 sent")
        cli.type("quit")
        await cli.until("stopped")
        assert await cli.end() == 0
    assert (await server.frame("reg"))["sn"] == "ZX9"
    assert (await server.frame("reg"))["devinfo"]["useduser"] == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signals_end_it(server: Server, number: signal.Signals) -> None:
    async with shell(server, "--every", "0.01") as cli:
        cli.close_input()
        await cli.until("punch of user")
        await cli.until("punch of user")
        cli.process.send_signal(number)
        await cli.until("stopped")
        assert await cli.end() == 0


async def test_end_of_input_ends_it_if_nothing_else_happens(server: Server) -> None:
    async with shell(server) as cli:
        await cli.until("registered")
        cli.close_input()
        assert await cli.end() == 0


async def test_a_file_as_input(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("status\nquit\n")
    with path.open() as stream:
        async with shell(server, stdin=stream.fileno()) as cli:
            await cli.until("offline")
            assert await cli.end() == 0


async def test_no_input_at_all(server: Server) -> None:
    async with shell(server, stdin=asyncio.subprocess.DEVNULL) as cli:
        await cli.until("registered")
        cli.process.terminate()
        assert await cli.end() == 0


async def test_a_refusal_is_printed(server: Server) -> None:
    server.replies["reg"] = lambda _: {"ret": "reg", "result": False, "reason": "who are you"}
    async with shell(server) as cli:
        await cli.until("refused: who are you")


def test_arguments() -> None:
    options = arguments(["--profile", "controller4", "--drift", "89", "--every", "2", "--lacks", "dates"])
    assert (options.profile, options.drift, options.every, options.lacks) == ("controller4", 89, 2, ["dates"])
    assert (options.serial, options.fast, options.state) == ("ZX00000001", False, None)


async def test_what_was_written_outlives_a_killed_program(server: Server, tmp_path: Path) -> None:
    words = ("--state", str(tmp_path / "state"), "--lacks", "names", "--users", "2")
    async with shell(server, *words) as cli:
        await cli.until("registered")
        written = await server.call("setuserinfo", enrollid=9, name="Zoë", backupnum=11, record=4711)
        assert written["result"] is True
        assert await server.silent("getusername", enrollid=9)
        async with shell(server, *words) as second:
            await second.until("locked")
            assert await second.end() == 1
        cli.process.kill()
        await cli.end()
    async with shell(server, *words) as cli:
        await cli.until("3 people, 0 unsent logs")
        await cli.until("registered")
        answer = await server.call("getuserinfo", enrollid=9, backupnum=11)
        assert (answer["name"], answer["record"]) == ("Zoë", 4711)


async def test_the_file_of_another_terminal(server: Server, tmp_path: Path) -> None:
    words = ("--state", str(tmp_path / "state"))
    async with shell(server, *words) as cli:
        await cli.until("registered")
        cli.type("quit")
        assert await cli.end() == 0
    async with shell(server, *words, "--serial", "ZX9") as cli:
        await cli.until("belongs to ZX00000001, not to ZX9")
        assert await cli.end() == 1


class Keyboard:
    """A console without a process."""

    def __init__(self, terminal: VirtualTerminal) -> None:
        self.written: list[str] = []
        self._console = Console(terminal, self.written.append)

    async def type(self, line: str) -> str:
        """Return what was printed for a line."""
        start = len(self.written)
        assert await self._console.run(line)
        return "\n".join(self.written[start:])


async def test_console_commands(lab: Lab, server: Server) -> None:
    server.replies["sendqrcode"] = lambda _: {"ret": "sendqrcode", "access": 0, "result": True}
    server.replies["sendpin"] = lambda _: {"ret": "sendpin", "access": 1, "result": True}
    terminal = await lab.registered("ai_face")
    keyboard = Keyboard(terminal)
    assert "server says" in await keyboard.type("qr 123")
    assert "server says" in await keyboard.type("pin 1234")
    for line in ("forced", "exit", "tamper", "alarm", "door opened", "door closed", "punch 1"):
        assert await keyboard.type(line) == ""
    assert [log["event"] for log in terminal.logs] == [5, 2, 6, 7, 1, 0, 0]
    assert "registered" in await keyboard.type("status")
    await keyboard.type("clearlogs")
    assert terminal.logs == []
    assert "half_open" in await keyboard.type("help")
    await keyboard.type("fault duplicate on")
    assert terminal.faults.duplicate
    await keyboard.type("fault duplicate off")
    await keyboard.type("fault silent on")
    assert terminal.faults.silent == {"*"}
    await keyboard.type("fault silent off")
    assert not terminal.faults.silent
    await keyboard.type("approval on")
    assert terminal.server_approval
    await server.send({"cmd": "adduser", "enrollid": 77, "backupnum": 11})
    await terminal.wait_for(lambda: terminal.machine.enrolment)
    await keyboard.type("scan")
    assert 77 in terminal.users
    await keyboard.type("drop")
    await terminal.wait_registered()
    await keyboard.type("restart")
    await terminal.wait_registered()
    assert len(server.sockets) == 3


async def test_console_about_people(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("controller4")
    keyboard = Keyboard(terminal)
    await keyboard.type("add 7 Grace Hopper")
    await keyboard.type("rename 7 Grace H.")
    await keyboard.type("card 7 4711")
    assert "7 'Grace H.': enabled, role 0, card, fp, week zones 1 1 1 1" in await keyboard.type("people")
    assert terminal.users[7].credentials[11] == 4711
    assert "yes, at 2026-03-02 12:00:00: allowed" in await keyboard.type("would 7 4 2026-03-02T12:00")
    await keyboard.type("enable 7 off")
    assert "disabled" in await keyboard.type("would 7 1")
    await keyboard.type("enable 7 on")
    await keyboard.type("punch 7 3")
    assert terminal.doors[3].openings == 1
    await server.call("setuserinfo", enrollid=8, name="x", backupnum=10, record=90210)
    listed = await keyboard.type("commands")
    assert listed.startswith("1 ")
    assert listed.endswith(" setuserinfo")
    assert "90210" not in listed
    await server.call("gettime")
    assert (await keyboard.type("commands 1")).endswith(" gettime")
    await keyboard.type("delete 7")
    assert list(terminal.users) == [8]


async def test_console_about_trouble(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    keyboard, faults = Keyboard(terminal), terminal.faults
    for line in ("lacks dates on", "unknown getuserlock on", "capacity card 3", "refuse fp on"):
        assert await keyboard.type(line) == ""
    assert (faults.lacks, faults.unknown, faults.capacity, faults.refuse_kinds) == (
        {"dates"},
        {"getuserlock"},
        {"card": 3},
        {"fp": {"reason": 1}},
    )
    for line in ("lacks dates off", "unknown getuserlock off", "capacity card off", "refuse fp off"):
        await keyboard.type(line)
    await keyboard.type("lose every 2 number 5 number 6 kind card kind name")
    assert faults.lost == LostWrites(numbers=frozenset({5, 6}), kinds=frozenset({"card", "name"}), every=2)
    await keyboard.type("lose off")
    assert faults == Faults()
    await keyboard.type("cut setuserinfo 2 before")
    await keyboard.type("forget setuserlock 1")
    assert faults.interruptions == [
        Interruption(command="setuserinfo", nth=2, stored=False),
        Interruption(command="setuserlock", nth=1, act="factory_reset"),
    ]
    terminal.add_user(User(enrollid=1))
    await keyboard.type("reset")
    assert not terminal.users
    await terminal.wait_registered()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("", ""),
        ("punch 1 2", "none of 1"),
        ("would 1 2", "no door 2"),
        ("would 1 1 noon", "would:"),
        ("add 0", "no number from 1 on"),
        ("card 5 7", "nobody has the number 5"),
        ("delete x", "no number"),
        ("lacks doors on", "none of dates"),
        ("capacity doors 1", "none of user"),
        ("capacity user x", "no number"),
        ("lose every", "missing"),
        ("lose", "missing"),
        ("lose kind door", "none of fp"),
        ("cut gettime 1", "something is missing"),
        ("cut gettime 0 after", "no number from 1 on"),
        ("dance", "unknown: dance"),
        ("punch", "something is missing"),
        ("punch x", "invalid literal"),
        ("door ajar", "none of closed, opened"),
        ("fault x on", "none of"),
        ("fault duplicate maybe", "none of on, off"),
        ("fault duplicate", "something is missing"),
        ("scan", "no remote enrolment"),
        ("qr 1", "scanner"),
    ],
)
async def test_console_mistakes(lab: Lab, line: str, answer: str) -> None:
    assert answer in await Keyboard(lab.terminal("tfs30")).type(line)


async def test_console_without_a_reply(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = await lab.registered("ai_face")

    async def give_up(_: str) -> None:
        raise TimeoutError

    monkeypatch.setattr(terminal, "scan_qr", give_up)
    assert "does not reply" in await Keyboard(terminal).type("qr 1")


async def test_quit(lab: Lab) -> None:
    assert not await Console(lab.terminal(), print).run("quit")
