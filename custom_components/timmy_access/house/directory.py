"""Which numbers and names are taken in a house."""

from collections.abc import Collection, Iterator
from itertools import count, takewhile
from typing import Self

from ..ledger import likeness
from ..protocol.commands.kinds import MAX_ENROLL_ID
from ..protocol.messages import STRANGER_ID
from .errors import HouseInvalid, Problem
from .household import Household
from .persons import HousePerson


class Directory:
    """The numbers and names of a house, for one change of it."""

    def __init__(self) -> None:
        """Know nobody; `of` knows the people of a house."""
        self._holders: dict[int, HousePerson] = {}
        self._names: dict[str, list[HousePerson]] = {}
        self._leaving: dict[int, str] = {}

    @classmethod
    def of(cls, household: Household) -> Self:
        """Return the directory of a house; those who have left hold their number until they are gone."""
        directory = cls()
        for person in household.people.values():
            directory.add(person)
        leaving = (stone for stone in household.tombstones.values() if stone.holds_number)
        directory._leaving = {stone.enroll_id: stone.name for stone in leaving}
        return directory

    def add(self, person: HousePerson) -> None:
        """Note somebody, or how somebody who is known is called from now on."""
        if (known := self._holders.get(person.enroll_id)) is not None and known.person_id == person.person_id:
            self._names[likeness(known.name)].remove(known)
        self._holders[person.enroll_id] = person
        self._names.setdefault(likeness(person.name), []).append(person)

    def holder(self, enroll_id: int) -> HousePerson | None:
        """Return who has a number."""
        return self._holders.get(enroll_id)

    def check(self, person: HousePerson, *, same_name: bool = False) -> None:
        """Raise `HouseInvalid` where somebody else has the number, or the name unless `same_name` allows that."""
        holder = self._holders.get(person.enroll_id)
        number = str(person.enroll_id)
        if holder is not None and holder.person_id != person.person_id:
            raise HouseInvalid("enroll_id", Problem.NUMBER_IN_USE, {"number": number, "holder": holder.name})
        if holder is None and (name := self._leaving.get(person.enroll_id)) is not None:
            raise HouseInvalid("enroll_id", Problem.NUMBER_NOT_FREE_YET, {"number": number, "holder": name})
        if same_name:
            return
        for other in self._names.get(likeness(person.name), ()):
            if other.person_id != person.person_id:
                raise HouseInvalid("name", Problem.NAME_IN_USE, {"holder": other.name, "number": str(other.enroll_id)})

    def free_numbers(self, taken: Collection[int] = ()) -> Iterator[int]:
        """Yield numbers above all that anybody has, had until just now, or that are taken otherwise.

        Where the highest number there is is in use, they are the lowest that are free.
        """
        used = {*self._holders, *self._leaving, *taken} - {STRANGER_ID}
        above = count(max(used, default=0) + 1)
        yield from (number for number in takewhile(MAX_ENROLL_ID.__ge__, above) if number != STRANGER_ID)
        yield from (number for number in range(1, MAX_ENROLL_ID) if number not in used and number != STRANGER_ID)
