"""Lines about who is on the terminal."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from .clock import FORMAT, parse
from .people import card, template
from .terminal import VirtualTerminal
from .users import CARD, User, kind_of
from .words import ConsoleError, switch, whole

HELP: Final = """\
people                   list who is enrolled
would ID DOOR [TIME]     would this door open for somebody, now or at 2026-03-02T12:00
add ID [NAME]            enrol somebody with finger and card, at the keypad
rename ID NAME           change a name, at the keypad
card ID NUMBER           give somebody another card, at the keypad
enable ID on|off         enable or disable somebody, at the keypad
delete ID                delete somebody, at the keypad
commands [N]             list the latest commands of the server, without their content"""

LATEST: Final = 20
"""Commands which are listed unless asked for more."""


class ConsolePeople:
    """Carries out what somebody does at the menu."""

    def __init__(self, terminal: VirtualTerminal, write: Callable[[str], None]) -> None:
        """Stand before a terminal."""
        self._terminal = terminal
        self._write = write
        self.actions: Mapping[str, Callable[[list[str]], Awaitable[None]]] = {
            "people": self._people,
            "would": self._would,
            "add": self._add,
            "rename": self._rename,
            "card": self._card,
            "enable": self._enable,
            "delete": self._delete,
            "commands": self._commands,
        }

    async def _people(self, _: list[str]) -> None:
        for user in self._terminal.users.values():
            kinds = ", ".join(sorted({kind_of(number) or "?" for number in user.credentials})) or "no credential"
            lock, state = user.lock, "enabled" if user.enabled else "disabled"
            self._write(
                f"{user.enrollid} {user.name!r}: {state}, role {user.admin}, {kinds}, "
                f"week zones {lock.weekzone} {lock.weekzone2} {lock.weekzone3} {lock.weekzone4}, "
                f"{lock.starttime} to {lock.endtime}"
            )
        self._write(f"{len(self._terminal.users)} people")

    async def _would(self, words: list[str]) -> None:
        at = parse(words[2]) if len(words) > 2 else self._terminal.machine.clock.now()  # noqa: PLR2004 - ID and DOOR
        verdict = self._terminal.would_open(whole(words[0]), whole(words[1], 1), at)
        self._write(f"{'yes' if verdict else 'no'}, at {at:{FORMAT}}: {verdict.reason}")

    async def _add(self, words: list[str]) -> None:
        number = whole(words[0], 1)
        if number in self._terminal.users:
            raise ConsoleError(f"somebody has the number {number}")
        credentials: dict[int, str | int] = {0: template(number), CARD: card(number)}
        self._terminal.keypad.add(User(enrollid=number, name=" ".join(words[1:]), credentials=credentials))

    async def _rename(self, words: list[str]) -> None:
        self._terminal.keypad.rename(whole(words[0]), " ".join(words[1:]))

    async def _card(self, words: list[str]) -> None:
        self._terminal.keypad.change_card(whole(words[0]), whole(words[1]))

    async def _enable(self, words: list[str]) -> None:
        self._terminal.keypad.enable(whole(words[0]), on=switch(words[1]))

    async def _delete(self, words: list[str]) -> None:
        self._terminal.keypad.delete(whole(words[0]))

    async def _commands(self, words: list[str]) -> None:
        # What a command carries may be a secret, and this is a screen.
        latest = list(self._terminal.commands)[-whole(words[0], 1) if words else -LATEST :]
        for item in latest:
            self._write(f"{item.order} {item.at:{FORMAT}} {item.name}")
