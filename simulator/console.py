"""Line commands for a running terminal."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from .console_people import HELP as PEOPLE_HELP, ConsolePeople
from .console_trouble import HELP as TROUBLE_HELP, ConsoleTrouble
from .doors import DoorEvent
from .terminal import VirtualTerminal
from .words import ConsoleError, choice, switch

DOOR_EVENTS: Final = {"closed": DoorEvent.CLOSED, "opened": DoorEvent.OPENED}

HELP: Final = f"""\
punch ID [DOOR]          somebody verifies
qr CODE                  hold a QR code before the scanner
pin PIN                  type a PIN
scan                     scan during a remote enrolment
forced                   the door is opened by force
exit                     somebody presses the exit button
tamper                   the terminal is torn off the wall
alarm                    the alarm input closes
door opened|closed       the door contact moves
{PEOPLE_HELP}
{TROUBLE_HELP}
approval on|off          let the server decide about punches
clearlogs                delete all records at the menu
drop                     lose the connection
restart                  pull the plug and put it back
status                   show the present state
help                     show this
quit                     stop"""


class Console:
    """Carries out one line after the other."""

    def __init__(self, terminal: VirtualTerminal, write: Callable[[str], None]) -> None:
        """Connect the keyboard to a terminal."""
        self._terminal = terminal
        self._write = write
        self._actions: Mapping[str, Callable[[list[str]], Awaitable[None]]] = {
            "punch": self._punch,
            "qr": self._qr,
            "pin": self._pin,
            "scan": self._scan,
            "forced": self._event(DoorEvent.ILLEGAL_OPEN),
            "exit": self._event(DoorEvent.EXIT_BUTTON),
            "tamper": self._event(DoorEvent.TAMPER),
            "alarm": self._event(DoorEvent.ALARM),
            "door": self._door,
            "approval": self._approval,
            "clearlogs": self._clear_logs,
            "drop": self._drop,
            "restart": self._restart,
            "status": self._status,
            "help": self._help,
            **ConsolePeople(terminal, write).actions,
            **ConsoleTrouble(terminal, write).actions,
        }

    async def run(self, line: str) -> bool:
        """Carry out a line and tell whether to go on."""
        name, *words = line.split() or [""]
        if name == "quit":
            return False
        action = self._actions.get(name)
        if action is None:
            if name:
                self._write(f"unknown: {name} (help lists the commands)")
            return True
        try:
            await action(words)
        except (ConsoleError, ConnectionError, RuntimeError, ValueError) as error:
            self._write(f"{name}: {error}")
        except IndexError:
            self._write(f"{name}: something is missing (help lists the commands)")
        except TimeoutError:
            self._write(f"{name}: the server does not reply")
        return True

    def _event(self, event: DoorEvent) -> Callable[[list[str]], Awaitable[None]]:
        async def report(_: list[str]) -> None:
            self._terminal.door_event(event)

        return report

    async def _punch(self, words: list[str]) -> None:
        self._terminal.punch(int(words[0]), door=choose_door(self._terminal, words[1:]))

    async def _qr(self, words: list[str]) -> None:
        reply = await self._terminal.scan_qr(words[0])
        self._write(f"server says {reply}")

    async def _pin(self, words: list[str]) -> None:
        reply = await self._terminal.enter_pin(words[0])
        self._write(f"server says {reply}")

    async def _scan(self, _: list[str]) -> None:
        self._terminal.scan_enrolment()

    async def _door(self, words: list[str]) -> None:
        self._terminal.door_event(DOOR_EVENTS[choice(words[0], DOOR_EVENTS)])

    async def _approval(self, words: list[str]) -> None:
        self._terminal.server_approval = switch(words[0])

    async def _clear_logs(self, _: list[str]) -> None:
        self._terminal.clear_logs()

    async def _drop(self, _: list[str]) -> None:
        await self._terminal.drop()

    async def _restart(self, _: list[str]) -> None:
        await self._terminal.power_cycle()

    async def _status(self, _: list[str]) -> None:
        terminal = self._terminal
        state = "registered" if terminal.registered else "connected" if terminal.connected else "offline"
        doors = ", ".join(
            f"door {door.number} {'open' if door.is_open else 'locked'} ({door.mode})"
            for door in terminal.doors.values()
        )
        self._write(
            f"{terminal.serial} ({terminal.profile.name}): {state}, {len(terminal.users)} users, "
            f"{len(terminal.logs)} logs, {terminal.unsent} unsent, {doors}, clock "
            f"{terminal.machine.clock.text()}, screen {terminal.screen!r}"
        )

    async def _help(self, _: list[str]) -> None:
        self._write(HELP)


def choose_door(terminal: VirtualTerminal, words: list[str]) -> int:
    """Return the door which is named, or the first."""
    return int(choice(words[0], map(str, terminal.doors))) if words else 1


async def read_lines(console: Console, lines: asyncio.StreamReader) -> bool:
    """Carry out lines until `quit` (return True) or the end of the input (return False)."""
    while line := await lines.readline():
        if not await console.run(line.decode(errors="replace")):
            return True
    return False
