"""Who may pass, how they stand on each terminal, and the groups that say where and when."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from itertools import batched
from typing import Any

import voluptuous as vol

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_bytes, json_fragment
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..fields import ROLES, credential_name
from ..house.credentials import HouseCredential
from ..house.household import Household
from ..house.persons import HousePerson
from ..hub.placements import TerminalPlacements, async_placements
from ..ledger import likeness
from ..services.house_people import ATTR_PERSON_ID, text_of
from ..terminal.devices import door_identifier
from ..unhurried import unhurried
from .command import PanelCommand
from .feed import PanelFeed, Send
from .following import SLICE, Following
from .request import PanelRequest

_ROLE_WORDS = {number: word for word, number in ROLES.items()}


async def _start_people(request: PanelRequest, send: Send) -> CALLBACK_TYPE:
    """Tell `{"people": {person_id: {...} | null}, "begins": bool, "more": bool}`: all at first, then what is another.

    With `person_id` it is about one person only. `begins` tells that what was told before is over, `more` that the rest
    follows at once.
    """
    following = _People(request, send)
    following.async_start()
    return following.async_stop


async def _start_groups(request: PanelRequest, send: Send) -> CALLBACK_TYPE:
    """Tell `{"groups": [...], "doors": [...]}` whenever they are others."""
    following = _Groups(request, send)
    following.async_start()
    return following.async_stop


class _People(Following):
    """What one browser knows of the people."""

    def __init__(self, request: PanelRequest, send: Send) -> None:
        super().__init__(request, send)
        self._wanted: str | None = request.data.get(ATTR_PERSON_ID)
        # As JSON: of five thousand people it is a few objects, and not fifty thousand that Python goes through again
        # and again.
        self._sent: Mapping[str, bytes] | None = None

    async def async_tell(self) -> None:
        hass = self._request.hass
        terminals = await async_placements(hass, self.hub.house, self.hub.terminals.values())
        household = self.hub.house.known()
        if self._wanted is None:
            people: tuple[HousePerson, ...] = tuple(household.people.values())
        else:
            people = tuple(filter(None, [household.people.get(self._wanted)]))
        registry = er.async_get(hass).entities
        links = {
            person.linked_to: entity.entity_id
            for person in people
            if person.linked_to and (entity := registry.get_entry(person.linked_to)) is not None
        }
        begins, before = self._sent is None, self._sent or {}
        present, changed = await hass.async_add_executor_job(_difference, before, household, people, links, terminals)
        if begins and self._wanted is not None and not people:
            changed[self._wanted] = None
        self._sent = present
        slices = list(batched(changed.items(), SLICE, strict=False)) or ([()] if begins else [])
        for number, part in enumerate(slices):
            told: dict[str, Any] = {who: None if said is None else json_fragment(said) for who, said in part}
            self._send({"people": told, "begins": begins and number == 0, "more": number + 1 < len(slices)})
            await asyncio.sleep(0)


def _difference(
    before: Mapping[str, bytes],
    household: Household,
    people: Iterable[HousePerson],
    links: Mapping[str, str],
    terminals: Iterable[TerminalPlacements],
) -> tuple[dict[str, bytes], dict[str, bytes | None]]:
    """Return everybody as they are told of, and of them who is another than before, in the order of their names."""
    slots: dict[str, list[int]] = {}
    for person_id, slot in household.credentials:
        slots.setdefault(person_id, []).append(slot)
    present = {
        # A copy, which is no larger than it has to be.
        person.person_id: b"".join(
            (json_bytes(_described_person(household, person, slots.get(person.person_id, ()), links, terminals)), b"")
        )
        for person in unhurried(sorted(people, key=lambda person: (likeness(person.name), person.enroll_id)))
    }
    changed: dict[str, bytes | None] = {
        person_id: said for person_id, said in present.items() if before.get(person_id) != said
    }
    changed.update(dict.fromkeys(before.keys() - present.keys()))
    return present, changed


def _described_person(
    household: Household,
    person: HousePerson,
    slots: Iterable[int],
    links: Mapping[str, str],
    terminals: Iterable[TerminalPlacements],
) -> JsonObjectType:
    """Return somebody without secrets; `placements` are state and reason by the serial number of the terminal."""
    number = person.enroll_id
    credentials: list[JsonValueType] = []
    for slot in sorted(slots):
        held = household.credentials[person.person_id, slot]
        there = held.terminals.union(_confirmed_at(household, number, held, terminals))
        credentials.append({"kind": credential_name(slot), "terminals": list[JsonValueType](sorted(there))})
    return {
        "name": person.name,
        "enroll_id": number,
        "enabled": person.enabled,
        "valid_from": text_of(person.valid_from),
        "valid_until": text_of(person.valid_until),
        "role": _ROLE_WORDS.get(person.role),
        "groups": list[JsonValueType](sorted(person.groups & household.groups.keys())),
        "credentials": credentials,
        "person_entity_id": links.get(person.linked_to or ""),
        "note": person.note,
        "placements": {
            it.terminal.serial: [placed.state.value, placed.reason]
            for it in terminals
            if (placed := it.placed.get(number)) is not None
        },
    }


class _Groups(Following):
    """What one browser knows of the groups."""

    def __init__(self, request: PanelRequest, send: Send) -> None:
        super().__init__(request, send)
        self._sent: JsonObjectType | None = None

    @callback
    def async_start(self) -> None:
        """Tell everything, and follow it, and which doors there are."""
        super().async_start()
        listen = self._request.hass.bus.async_listen
        self._unsubscribe.append(listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, lambda _: self._changed.set()))
        self._unsubscribe.append(listen(er.EVENT_ENTITY_REGISTRY_UPDATED, lambda _: self._changed.set()))

    async def async_tell(self) -> None:
        household = self.hub.house.known()
        members = await self._request.hass.async_add_executor_job(_members, household)
        doors: list[JsonValueType] = list(self._doors())
        told: JsonObjectType = {"groups": self._groups(household, members), "doors": doors}
        if told != self._sent:
            self._sent = told
            self._send(told)

    def _groups(self, household: Household, members: Mapping[str, int]) -> list[JsonValueType]:
        return [
            {
                "group_id": group.group_id,
                "name": group.name,
                "people": members.get(group.group_id, 0),
                "rules": [
                    {
                        "doors": {serial: list[JsonValueType](sorted(doors)) for serial, doors in rule.doors.items()},
                        **self._hours(rule.schedule),
                    }
                    for rule in group.rules
                ],
            }
            for group in sorted(household.groups.values(), key=lambda group: likeness(group.name))
        ]

    def _hours(self, schedule: str | None) -> JsonObjectType:
        """Return the hours of a rule: spans in minutes for each day, Monday first; None where they are not known."""
        if schedule is None:
            return {"always": True, "schedule": None, "week": None}
        entity = er.async_get(self._request.hass).entities.get_entry(schedule)
        week = self.hub.house.hours.weeks.get(schedule)
        days: list[JsonValueType] | None = None
        if week is not None:
            days = [[list[JsonValueType](span) for span in day] for day in week.days]
        return {"always": False, "schedule": entity.entity_id if entity else None, "week": days}

    def _doors(self) -> Iterator[JsonObjectType]:
        """Yield the doors that a group may be given, as the action names them."""
        devices, entry_id = dr.async_get(self._request.hass), self._request.entry.entry_id
        for serial, terminal in sorted(self.hub.terminals.items(), key=lambda item: likeness(item[1].name)):
            doors = sorted(terminal.coordinator.data.doors)
            for number in doors:
                child = devices.async_get_child_device_by_identifier(door_identifier(serial, number), entry_id)
                # The terminal itself stands for all of its doors, and so for a door only where that is its only one.
                whole = terminal.device_id if len(doors) == 1 else None
                device_id = whole if child is None else child.id
                if device_id is not None:
                    yield {"serial": serial, "number": number, "device_id": device_id}


def _members(household: Household) -> dict[str, int]:
    members: dict[str, int] = {}
    for person in household.people.values():
        for group_id in person.groups:
            members[group_id] = members.get(group_id, 0) + 1
    return members


def _confirmed_at(
    household: Household, number: int, held: HouseCredential, terminals: Iterable[TerminalPlacements]
) -> Iterator[str]:
    """Yield the serial numbers of terminals to which a credential was written, and from which it was read back."""
    for it in terminals:
        placement = household.placements.get((it.terminal.serial, number))
        if placement is None or placement.confirmed is None or placement.person_id != held.person_id:
            continue
        if placement.confirmed.credentials.get(held.slot) == held.revision:
            yield it.terminal.serial


_PEOPLE_FIELDS: Mapping[vol.Marker, Any] = {vol.Optional(ATTR_PERSON_ID): cv.string}

COMMANDS: tuple[PanelCommand | PanelFeed, ...] = (
    PanelFeed(name="groups", start=_start_groups),
    PanelFeed(name="people", start=_start_people, fields=_PEOPLE_FIELDS),
)
