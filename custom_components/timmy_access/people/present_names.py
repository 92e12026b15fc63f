"""What people are called at a terminal now: they may have been renamed at its menu, of which nothing is told."""

from contextlib import suppress

from ..errors import PersonIsSomebodyElse
from ..protocol.commands import GetUserInfo, GetUserName
from ..protocol.errors import CommandRefused, CommandTimeout
from ..protocol.peer import as_text
from ..protocol.reasons import Refusal, refusal_of
from ..terminal.line import Line
from .listed_people import Person
from .names import is_same_name
from .roster import Roster

# What a refusal says where there is nothing to tell; any other one has told nothing.
NOBODY = (Refusal.NO_DATA, Refusal.NO_USER)


class PresentNames:
    """Asks one terminal for names."""

    def __init__(self, line: Line, roster: Roster) -> None:
        """Use `line` to reach the terminal, and keep `roster` in step."""
        self._line = line
        self._roster = roster
        self._is_silent = False

    async def async_name(self, enroll_id: int) -> str:
        """Return the name as the terminal has it now, empty where it has none (specification B5).

        Firmware that has no names by themselves tells one with a credential (B2). Raises `CommandTimeout` or
        `CommandRefused` where it does not tell, which is not the same as none.
        """
        try:
            return (await self._line.async_request(GetUserName(enroll_id=enroll_id))).name or ""
        except (CommandRefused, CommandTimeout) as err:
            person = self._roster.people.get(enroll_id)
            if isinstance(err, CommandRefused) and (refusal_of(err) in NOBODY or self._is_nobody(enroll_id, err)):
                return ""
            for slot in sorted(person.slots if person else ()):
                # A slot that is not there any more, such as the empty one of somebody who got a card since, tells none.
                with suppress(CommandRefused):
                    info = await self._line.async_request(GetUserInfo(enroll_id=enroll_id, backup_number=slot))
                    if info.name is not None:
                        return info.name
            raise

    async def async_confirmed(self, person: Person) -> str:
        """Return the name as the terminal has it now, or the known one where it does not tell.

        Raises `PersonIsSomebodyElse` where another name was known, which is then known no more: whoever wants something
        of a number may mean another person than has it now. What stays without an answer is not asked again.
        """
        if person.name and self._is_silent:
            return person.name
        try:
            name = await self.async_name(person.enroll_id)
        except (CommandRefused, CommandTimeout) as err:
            self._is_silent = isinstance(err, CommandTimeout)
            if not person.name:
                raise
            return person.name
        if name and person.name and not is_same_name(name, person.name):
            self._roster.async_note(person.enroll_id, name=name)
            raise PersonIsSomebodyElse(person.enroll_id, "", as_text(name))
        return name or person.name

    def _is_nobody(self, enroll_id: int, error: CommandRefused) -> bool:
        """Return whether a refusal means that nobody has a number: a bare one does (specification B5), no other."""
        return enroll_id not in self._roster.people and (self._roster.is_whole or not error.message)
