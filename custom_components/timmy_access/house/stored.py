"""How a house lies in the database."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..ledger import HouseItem, HouseKind
from ..unhurried import unhurried
from .credentials import HouseCredential
from .errors import HouseInvalid
from .groups import AccessGroup, Rule
from .household import Household, Placement
from .permits import Permit
from .persons import HousePerson
from .standing import Standing, Tombstone
from .week import ALWAYS, Week

type Key = tuple[HouseKind, tuple[str | int, ...]]

_ALWAYS = "always"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """A house as it was read, and what of it cannot be understood: it stays in the database as it is."""

    household: Household
    unreadable: frozenset[Key]


def household_of(items: Iterable[HouseItem]) -> Restored:
    """Return the house that some items are."""
    found: dict[HouseKind, dict[Any, Any]] = {kind: {} for kind in HouseKind}
    unreadable: set[Key] = set()
    for item in unhurried(items):
        if item.document is None:
            continue
        try:
            found[item.kind][_held_key(item)] = _READERS[item.kind](item, item.document)
        except HouseInvalid, ArithmeticError, AttributeError, LookupError, TypeError, ValueError:
            unreadable.add((item.kind, item.key))
    terminals: dict[str, Mapping[str, Any]] = found[HouseKind.TERMINAL]
    household = Household(
        people=found[HouseKind.PERSON],
        groups=found[HouseKind.GROUP],
        credentials=found[HouseKind.CREDENTIAL],
        placements=found[HouseKind.PLACEMENT],
        tombstones=found[HouseKind.TOMBSTONE],
        kept=frozenset(serial for serial, about in terminals.items() if about["kept"]),
        zones={serial: about["zones"] for serial, about in terminals.items() if about["zones"]},
        left=frozenset((serial, number) for serial, about in terminals.items() for number in about["left"]),
    )
    return Restored(household=household, unreadable=frozenset(unreadable))


def items_of(household: Household, keys: Iterable[Key]) -> list[HouseItem]:
    """Return how some things of a house are to lie in the database; what the house has not is to be deleted."""
    return [
        HouseItem(
            kind=kind,
            key=key,
            document=_WRITERS[kind](household, key),
            sealed=_sealed(household, key) if kind is HouseKind.CREDENTIAL else None,
        )
        for kind, key in unhurried(keys)
    ]


def changed_keys(before: Household, after: Household) -> set[Key]:
    """Return what is not the same in two houses."""
    keys: set[Key] = set()
    held: tuple[tuple[HouseKind, Mapping[Any, object], Mapping[Any, object]], ...] = (
        (HouseKind.PERSON, before.people, after.people),
        (HouseKind.GROUP, before.groups, after.groups),
        (HouseKind.CREDENTIAL, before.credentials, after.credentials),
        (HouseKind.PLACEMENT, before.placements, after.placements),
        (HouseKind.TOMBSTONE, before.tombstones, after.tombstones),
    )
    for kind, one, other in held:
        if one is not other:
            keys |= {(kind, key if isinstance(key, tuple) else (key,)) for key in _different(one, other)}
    if before.kept is not after.kept or before.zones is not after.zones or before.left is not after.left:
        serials = before.kept ^ after.kept | set(_different(before.zones, after.zones))
        serials |= {serial for serial, _ in before.left ^ after.left}
        keys |= {(HouseKind.TERMINAL, (serial,)) for serial in serials}
    return keys


def standing_to(standing: Standing) -> dict[str, Any]:
    """Return a standing as a document, without its number."""
    return {
        "name": standing.name,
        "role": standing.role,
        "enabled": standing.enabled,
        "valid_from": _moment_to(standing.valid_from),
        "valid_until": _moment_to(standing.valid_until),
        "hours": {str(door): _week_to(week) for door, week in standing.hours.items()},
        "credentials": {str(slot): revision for slot, revision in standing.credentials.items()},
    }


def standing_from(enroll_id: int, document: Mapping[str, Any]) -> Standing:
    """Return what `standing_to` made a document of."""
    return Standing(
        enroll_id=enroll_id,
        name=document["name"],
        role=document["role"],
        enabled=document["enabled"],
        valid_from=_moment_from(document["valid_from"]),
        valid_until=_moment_from(document["valid_until"]),
        hours={int(door): _week_from(week) for door, week in document["hours"].items()},
        credentials={int(slot): revision for slot, revision in document["credentials"].items()},
    )


def _different[K, V](one: Mapping[K, V], other: Mapping[K, V]) -> set[K]:
    return (one.keys() ^ other.keys()) | {
        key for key, value in one.items() if (now := other.get(key)) is not value and now != value
    }


def _held_key(item: HouseItem) -> Any:
    return item.key if len(item.key) > 1 else item.key[0]


def _moment_to(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment_from(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment


def _week_to(week: Week) -> Any:
    return _ALWAYS if week == ALWAYS else [[list(span) for span in day] for day in week.days]


def _week_from(stored: Any) -> Week:
    return ALWAYS if stored == _ALWAYS else Week.of([(begin, end) for begin, end in day] for day in stored)


def _person_to(household: Household, key: Any) -> Mapping[str, Any] | None:
    person = household.people.get(key[0])
    if person is None:
        return None
    return {
        "name": person.name,
        "enroll_id": person.enroll_id,
        "linked_to": person.linked_to,
        "enabled": person.enabled,
        "valid_from": _moment_to(person.valid_from),
        "valid_until": _moment_to(person.valid_until),
        "role": person.role,
        "groups": sorted(person.groups),
        "note": person.note,
        "disabled_at": _moment_to(person.disabled_at),
    }


def _person_from(item: HouseItem, document: Mapping[str, Any]) -> HousePerson:
    return HousePerson(
        person_id=str(item.key[0]),
        name=document["name"],
        enroll_id=document["enroll_id"],
        linked_to=document["linked_to"],
        enabled=document["enabled"],
        valid_from=_moment_from(document["valid_from"]),
        valid_until=_moment_from(document["valid_until"]),
        role=document["role"],
        groups=frozenset(document["groups"]),
        note=document["note"],
        disabled_at=_moment_from(document.get("disabled_at")),
    )


def _group_to(household: Household, key: Any) -> Mapping[str, Any] | None:
    group = household.groups.get(key[0])
    if group is None:
        return None
    return {
        "name": group.name,
        "rules": [
            {
                "doors": {serial: sorted(doors) for serial, doors in rule.doors.items()},
                "schedule": rule.schedule,
            }
            for rule in group.rules
        ],
    }


def _group_from(item: HouseItem, document: Mapping[str, Any]) -> AccessGroup:
    return AccessGroup(
        group_id=str(item.key[0]),
        name=document["name"],
        rules=tuple(
            Rule(
                doors={serial: frozenset(doors) for serial, doors in rule["doors"].items()},
                schedule=rule["schedule"],
            )
            for rule in document["rules"]
        ),
    )


def _credential_to(household: Household, key: Any) -> Mapping[str, Any] | None:
    held = household.credentials.get(key)
    if held is None:
        return None
    return {
        "revision": held.revision,
        "algorithm": held.algorithm,
        "terminals": sorted(held.terminals),
        "mark": held.mark and held.mark.hex(),
    }


def _credential_from(item: HouseItem, document: Mapping[str, Any]) -> HouseCredential:
    person_id, slot = item.key
    return HouseCredential(
        person_id=str(person_id),
        slot=int(slot),
        revision=document["revision"],
        algorithm=document["algorithm"],
        terminals=frozenset(document["terminals"]),
        sealed=item.sealed,
        mark=None if document["mark"] is None else bytes.fromhex(document["mark"]),
    )


def _sealed(household: Household, key: Any) -> bytes | None:
    held = household.credentials.get(key)
    return held.sealed if held is not None else None


def _placement_to(household: Household, key: Any) -> Mapping[str, Any] | None:
    placement = household.placements.get(key)
    if placement is None:
        return None
    return {
        "person_id": placement.person_id,
        "confirmed": placement.confirmed and standing_to(placement.confirmed),
        "permit": placement.permit and _permit_to(placement.permit),
        "refused": placement.refused,
        "tries": placement.tries,
    }


def _placement_from(item: HouseItem, document: Mapping[str, Any]) -> Placement:
    serial, enroll_id = item.key
    confirmed = document["confirmed"]
    return Placement(
        serial=str(serial),
        enroll_id=int(enroll_id),
        person_id=document["person_id"],
        confirmed=None if confirmed is None else standing_from(int(enroll_id), confirmed),
        permit=_permit_from(document.get("permit")),
        refused=document["refused"],
        tries=document["tries"],
    )


def _permit_to(permit: Permit) -> Mapping[str, Any]:
    return {
        "valid_from": permit.valid_from and permit.valid_from.isoformat(),
        "valid_until": permit.valid_until and permit.valid_until.isoformat(),
        "zones": list(permit.zones),
        "is_set": permit.is_set,
    }


def _permit_from(document: Mapping[str, Any] | None) -> Permit | None:
    if document is None:  # it is read anew
        return None
    valid_from, valid_until = document["valid_from"], document["valid_until"]
    return Permit(
        valid_from=None if valid_from is None else datetime.fromisoformat(valid_from),
        valid_until=None if valid_until is None else datetime.fromisoformat(valid_until),
        zones=tuple(None if number is None else int(number) for number in document["zones"]),
        is_set=bool(document["is_set"]),
    )


def _tombstone_to(household: Household, key: Any) -> Mapping[str, Any] | None:
    stone = household.tombstones.get(key)
    if stone is None:
        return None
    return {
        "name": stone.name,
        "person_id": stone.person_id,
        "removed_at": stone.removed_at.isoformat(),
        "other_name": stone.other_name,
        "holds_number": stone.holds_number,
    }


def _tombstone_from(item: HouseItem, document: Mapping[str, Any]) -> Tombstone:
    serial, enroll_id = item.key
    removed_at = _moment_from(document["removed_at"])
    if removed_at is None:
        raise ValueError("no time")
    return Tombstone(
        serial=str(serial),
        enroll_id=int(enroll_id),
        name=document["name"],
        person_id=document["person_id"],
        removed_at=removed_at,
        other_name=document.get("other_name", ""),
        holds_number=bool(document.get("holds_number", True)),
    )


def _terminal_to(household: Household, key: Any) -> Mapping[str, Any] | None:
    (serial,) = key
    kept, zones = serial in household.kept, household.zones.get(serial, frozenset())
    left = sorted(number for other, number in household.left if other == serial)
    if not kept and not zones and not left:
        return None
    return {"kept": kept, "zones": sorted(zones), "left": left}


def _terminal_from(_: HouseItem, document: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "kept": bool(document["kept"]),
        "zones": frozenset(map(int, document["zones"])),
        "left": frozenset(map(int, document["left"])),
    }


_READERS: Mapping[HouseKind, Callable[[HouseItem, Mapping[str, Any]], Any]] = {
    HouseKind.PERSON: _person_from,
    HouseKind.GROUP: _group_from,
    HouseKind.CREDENTIAL: _credential_from,
    HouseKind.PLACEMENT: _placement_from,
    HouseKind.TOMBSTONE: _tombstone_from,
    HouseKind.TERMINAL: _terminal_from,
}
_WRITERS: Mapping[HouseKind, Callable[[Household, Any], Mapping[str, Any] | None]] = {
    HouseKind.PERSON: _person_to,
    HouseKind.GROUP: _group_to,
    HouseKind.CREDENTIAL: _credential_to,
    HouseKind.PLACEMENT: _placement_to,
    HouseKind.TOMBSTONE: _tombstone_to,
    HouseKind.TERMINAL: _terminal_to,
}
