"""Lists of structures that look alike, read column by column: a backlog has a hundred thousand records."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast, overload, override

import orjson

from .codec import MAX_ITEMS, check_size
from .errors import MalformedFrame
from .kinds import Kind, Many
from .wire import Nested, Structure, plain, wire_fields

_EXTRA = "extra"
# A text that is a list, or an object.
_LIST_BEGINS = ("[", "{")


class Table[S: Structure](Sequence[S]):
    """The structures of one list. Each is made when it is asked for; `column` gives one field of all."""

    def __init__(
        self,
        structure: type[S],
        columns: Mapping[str, Sequence[Any]],
        others: Sequence[tuple[str, ...]],
        items: Sequence[Mapping[str, Any]],
        strays: Sequence[Any] = (),
    ) -> None:
        """Hold columns by the names of the fields, all as long as `items`, from which they are.

        `others` are the keys of each item that no field has.
        """
        self._structure = structure
        self._columns = columns
        self._others = others
        self.items = items
        # What was in the list and is no object.
        self.strays = strays

    @classmethod
    def read(cls, structure: type[S], items: Sequence[Mapping[str, Any]], strays: Sequence[Any] = ()) -> Self:
        """Read JSON objects, each as `Structure.parse` would; never raises."""
        columns: dict[str, list[Any]] = {}
        unread = sum(map(len, items))
        for name, key, kind, _ in wire_fields(structure):
            said = [item.get(key) for item in items]
            columns[name] = said if said.count(None) == len(said) else kind.read_all(said)
            unread -= len(said) - columns[name].count(None)
        others: list[tuple[str, ...]] = [()] * len(items)
        if unread:
            # Keys that no field has, or values that could not be read: what is rare may take its time.
            unknown = _Unknown(structure)
            for index, item in enumerate(items):
                if (keys := unknown.keys_of(item, columns, index)) is not None:
                    others[index] = keys
                    continue
                for name, value in vars(structure.parse(item)).items():
                    if name == _EXTRA:
                        others[index] = tuple(value)
                    else:
                        columns[name][index] = value
        return cls(structure, columns, others, items, strays)

    def column(self, field: str) -> Sequence[Any]:
        """Return what the structures have in one field."""
        return [self._extra(index) for index in range(len(self))] if field == _EXTRA else self._columns[field]

    def tells(self, fields: Iterable[str]) -> bool:
        """Return whether all that was in the list tells these fields."""
        if self.strays:
            return False
        return all(None not in self._columns[field] for field in fields)

    @overload
    def __getitem__(self, index: int) -> S: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[S]: ...
    @override
    def __getitem__(self, index: int | slice) -> S | Sequence[S]:
        """Return one structure, or some of them."""
        if isinstance(index, slice):
            return tuple(self[one] for one in range(*index.indices(len(self.items))))
        values = {name: column[index] for name, column in self._columns.items()}
        return self._structure.made({**values, _EXTRA: self._extra(index)})

    def _extra(self, index: int) -> Mapping[str, Any]:
        """Return what no field has.

        It is put together when it is asked for: of a second object for each record, only what is kept of it is held.
        """
        item = self.items[index]
        return {key: item[key] for key in self._others[index]}

    @override
    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.items)

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
        return f"<{len(self.items)} {self._structure.__name__}>"


class _Unknown:
    """Finds the keys of objects that no field has, where that is all that is odd about an object.

    It looks at each key once, and has one tuple for all objects with the same keys, as records of one firmware are.
    """

    def __init__(self, structure: type[Structure]) -> None:
        """Look for keys that none of a structure is meant by."""
        self._fields = {key: name for name, key, *_ in wire_fields(structure)}
        self._meant = {plain(one) for *_, candidates in wire_fields(structure) for one in candidates}
        self._is_meant: dict[str, bool] = {}
        self._shared: dict[tuple[str, ...], tuple[str, ...]] = {}

    def keys_of(
        self, item: Mapping[str, Any], columns: Mapping[str, Sequence[Any]], index: int
    ) -> tuple[str, ...] | None:
        """Return the keys without a field; None for an object that has to be looked at closely."""
        found: list[str] = []
        for key in item:
            if (name := self._fields.get(key)) is None:
                if (is_meant := self._is_meant.get(key)) is None:
                    is_meant = self._is_meant[key] = plain(key) in self._meant
                if is_meant:
                    return None
                found.append(key)
            elif columns[name][index] is None:
                return None
        keys = tuple(found)
        return self._shared.setdefault(keys, keys)


@dataclass(frozen=True)
class Rows[S: Structure](Kind[Table[S]]):
    """A list of structures that comes as a table."""

    structure: type[S]
    limit: int

    @override
    def read(self, value: object) -> Table[S] | None:
        """Return the objects of the list; what is none is a stray.

        One object is a list of one, an object of nothing but objects is a list of those, and the list may be JSON in a
        text (field notes 11, shapes of a batch).
        """
        if isinstance(value, str) and value.lstrip()[:1] in _LIST_BEGINS:
            value = _unpacked(value)
        if isinstance(value, dict):
            value = list(value.values()) if value and all(_are_objects(value.values())) else [value]
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            return None
        if all(_are_objects(value)):
            return Table.read(self.structure, value)
        objects = [item for item in value if isinstance(item, dict)]
        return Table.read(self.structure, objects, [item for item in value if not isinstance(item, dict)])

    @override
    def write(self, name: str, value: Table[S]) -> object:
        """Return the list."""
        return Many(Nested(self.structure), self.limit).write(name, cast("tuple[S, ...]", value))

    def empty(self) -> Table[S]:
        """Return a list of none."""
        return Table.read(self.structure, [])


def _are_objects(values: Iterable[object]) -> Iterator[bool]:
    return (isinstance(value, dict) for value in values)


def _unpacked(text: str) -> object:
    """Return what a text that is JSON holds; None for what is none, and for more than firmware sends."""
    try:
        check_size(text)
        return orjson.loads(text)
    except ValueError, MalformedFrame:
        return None
