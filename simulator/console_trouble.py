"""Lines about what goes wrong."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from typing import Final, Literal

from .commands import HANDLERS
from .faults import Faults
from .features import FEATURES
from .interruption import Interruption
from .lost_writes import LOSABLE, LostWrites
from .terminal import VirtualTerminal
from .users import COUNTED, KINDS
from .words import ConsoleError, choice, switch, whole

SETS: Final = {"silent": "*"}
"""Faults which are a set of commands; switched on as a whole."""
BOOLEANS: Final = frozenset(field.name for field in fields(Faults) if field.type in (bool, "bool"))
CAPACITIES: Final = ("user", "log", *COUNTED)
MOMENTS: Final = {"before": False, "after": True}

HELP: Final = f"""\
fault NAME on|off        {", ".join([*sorted(BOOLEANS), *SETS])}
lacks NAME on|off        be without {", ".join(FEATURES)}
unknown COMMAND on|off   do not know a command
capacity KIND N|off      have room for N of {", ".join(CAPACITIES)}
refuse KIND on|off       refuse {", ".join(KINDS)}
lose WORD VALUE ...|off  confirm writes and do not store them: every N, number ID, kind KIND, as many as needed;
                         KIND is {", ".join(LOSABLE)}
cut COMMAND N MOMENT     lose the power at the N-th such command, before or after it has had its effect
forget COMMAND N         be reset to the factory's state after the N-th such command
reset                    be reset to the factory's state at once"""


class ConsoleTrouble:
    """Carries out what makes a terminal misbehave."""

    def __init__(self, terminal: VirtualTerminal, write: Callable[[str], None]) -> None:
        """Stand before a terminal."""
        self._terminal = terminal
        self._write = write
        self.actions: Mapping[str, Callable[[list[str]], Awaitable[None]]] = {
            "fault": self._fault,
            "lacks": self._lacks,
            "unknown": self._unknown,
            "capacity": self._capacity,
            "refuse": self._refuse,
            "lose": self._lose,
            "cut": self._cut,
            "forget": self._forget,
            "reset": self._reset,
        }

    async def _fault(self, words: list[str]) -> None:
        name = choice(words[0], [*sorted(BOOLEANS), *SETS])
        on = switch(words[1])
        setattr(self._terminal.faults, name, ({SETS[name]} if on else set()) if name in SETS else on)
        self._write(f"fault {name} is {words[1]}")

    async def _lacks(self, words: list[str]) -> None:
        self._put(self._terminal.faults.lacks, choice(words[0], FEATURES), on=switch(words[1]))

    async def _unknown(self, words: list[str]) -> None:
        self._put(self._terminal.faults.unknown, choice(words[0], HANDLERS), on=switch(words[1]))

    async def _capacity(self, words: list[str]) -> None:
        name = choice(words[0], CAPACITIES)
        if words[1] == "off":
            self._terminal.faults.capacity.pop(name, None)
        else:
            self._terminal.faults.capacity[name] = whole(words[1])

    async def _refuse(self, words: list[str]) -> None:
        kind = choice(words[0], KINDS)
        if switch(words[1]):
            self._terminal.faults.refuse_kinds[kind] = {"reason": 1}
        else:
            self._terminal.faults.refuse_kinds.pop(kind, None)

    async def _lose(self, words: list[str]) -> None:
        if words == ["off"]:
            self._terminal.faults.lost = None
            return
        numbers: set[int] = set()
        kinds: set[str] = set()
        every = 1
        for name, word in zip(words[::2], words[1::2], strict=False):
            match choice(name, ("every", "number", "kind")):
                case "every":
                    every = whole(word, 1)
                case "number":
                    numbers.add(whole(word, 1))
                case _:
                    kinds.add(choice(word, LOSABLE))
        if not words or len(words) % 2:
            raise ConsoleError("something is missing (lose every 1 loses everything)")
        self._terminal.faults.lost = LostWrites(numbers=frozenset(numbers), kinds=frozenset(kinds), every=every)

    async def _cut(self, words: list[str]) -> None:
        self._interrupt(words, "power_cut", stored=MOMENTS[choice(words[2], MOMENTS)])

    async def _forget(self, words: list[str]) -> None:
        self._interrupt(words, "factory_reset", stored=True)

    async def _reset(self, _: list[str]) -> None:
        await self._terminal.factory_reset()

    def _interrupt(self, words: list[str], act: Literal["power_cut", "factory_reset"], *, stored: bool) -> None:
        command = choice(words[0], ["*", *HANDLERS])
        self._terminal.faults.interruptions.append(
            Interruption(command=command, nth=whole(words[1], 1), stored=stored, act=act)
        )

    @staticmethod
    def _put(names: set[str], name: str, *, on: bool) -> None:
        if on:
            names.add(name)
        else:
            names.discard(name)
