"""Lists of structures that look alike, read column by column: a backlog has a hundred thousand records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast, overload, override

from .kinds import Kind, Many
from .wire import Nested, Structure, wire_fields

_EXTRA = "extra"


class Table[S: Structure](Sequence[S]):
    """The structures of one list. Each is made when it is asked for; `column` gives one field of all."""

    def __init__(self, structure: type[S], columns: Mapping[str, Sequence[Any]], length: int) -> None:
        """Hold columns by the names of the fields, `extra` among them, all of one length."""
        self._structure = structure
        self._columns = columns
        self._length = length

    @classmethod
    def read(cls, structure: type[S], items: Sequence[Mapping[str, Any]]) -> Self:
        """Read JSON objects, each as `Structure.parse` would; never raises."""
        columns: dict[str, list[Any]] = {}
        unread = sum(map(len, items))
        for name, key, kind, _ in wire_fields(structure):
            said = [item.get(key) for item in items]
            columns[name] = said if said.count(None) == len(said) else kind.read_all(said)
            unread -= len(said) - columns[name].count(None)
        columns[_EXTRA] = [{}] * len(items)
        if unread:
            # Keys that no field has, or values that could not be read: what is rare may take its time.
            for index, item in enumerate(items):
                for name, value in vars(structure.parse(item)).items():
                    columns[name][index] = value
        return cls(structure, columns, len(items))

    def column(self, field: str) -> Sequence[Any]:
        """Return what the structures have in one field."""
        return self._columns[field]

    @overload
    def __getitem__(self, index: int) -> S: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[S]: ...
    @override
    def __getitem__(self, index: int | slice) -> S | Sequence[S]:
        """Return one structure, or some of them."""
        if isinstance(index, slice):
            return tuple(self[one] for one in range(*index.indices(self._length)))
        return self._structure.made({name: column[index] for name, column in self._columns.items()})

    @override
    def __len__(self) -> int:
        """Return how many there are."""
        return self._length

    @override
    def __eq__(self, other: object) -> bool:
        """Whether another table holds equal structures."""
        return isinstance(other, Table) and tuple(self) == tuple(other)

    @override
    def __hash__(self) -> int:
        """Structures hold mappings, and have no hash."""
        raise TypeError("unhashable")

    @override
    def __repr__(self) -> str:
        """Tell what is in it, and nothing of anybody."""
        return f"<{self._length} {self._structure.__name__}>"


@dataclass(frozen=True)
class Rows[S: Structure](Kind[Table[S]]):
    """A list of structures that comes as a table."""

    structure: type[S]
    limit: int

    @override
    def read(self, value: object) -> Table[S] | None:
        """Return the objects of the list, one object being a list of one; what is none is left out."""
        if isinstance(value, dict):
            value = [value]
        if not isinstance(value, list):
            return None
        return Table.read(self.structure, [item for item in value if isinstance(item, dict)])

    @override
    def write(self, name: str, value: Table[S]) -> object:
        """Return the list."""
        return Many(Nested(self.structure), self.limit).write(name, cast("tuple[S, ...]", value))

    def empty(self) -> Table[S]:
        """Return a list of none."""
        return Table.read(self.structure, [])
