"""Actions for access groups: these doors at these hours."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.util.json import JsonObjectType, JsonValueType
from homeassistant.util.ulid import ulid_now

from ..const import DOMAIN
from ..fields import ATTR_NAME, entity_of
from ..house.changes import group_of
from ..house.errors import HouseInvalid, Problem
from ..house.groups import AccessGroup, Rule
from ..house.schedules import SCHEDULE_DOMAIN
from ..ledger import likeness
from ..protocol.commands.access import MAX_SECTIONS
from .house_action import HouseAction, HouseRequest
from .house_observed import observed, terminals_of
from .house_people import text_field
from .targets import target_of

ATTR_GROUP_ID = "group_id"
ATTR_RULES = "rules"
ATTR_SCHEDULE = "schedule"

_RULE: Mapping[vol.Marker, Any] = {
    vol.Required(ATTR_DEVICE_ID): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1)),
    vol.Optional(ATTR_SCHEDULE): entity_of(SCHEDULE_DOMAIN),
}


async def _set_access_group(request: HouseRequest) -> ServiceResponse:
    data = request.data
    household = request.house.known()
    known = group_of(household, data[ATTR_GROUP_ID]) if ATTR_GROUP_ID in data else None
    if known is None and ATTR_NAME not in data:
        raise HouseInvalid(ATTR_NAME, Problem.EMPTY)
    if known is not None and not data.keys() & {ATTR_NAME, ATTR_RULES}:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_to_change")
    rules = known.rules if known else ()
    if ATTR_RULES in data:
        rules = tuple([await _rule(request, rule) for rule in data[ATTR_RULES]])
    group = AccessGroup(
        group_id=known.group_id if known else ulid_now(),
        name=data.get(ATTR_NAME, known.name if known else ""),
        rules=rules,
    )
    await request.house.async_set_group(group, request.by, known)
    told = observed(request, terminals_of([group] if known is None else [known, group]))
    return {ATTR_GROUP_ID: group.group_id, **told}


async def _rule(request: HouseRequest, data: Mapping[str, Any]) -> Rule:
    doors: dict[str, frozenset[int]] = {}
    for device_id in data[ATTR_DEVICE_ID]:
        target = target_of(request.hass, device_id)
        if target.hub is not request.hub:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="several_listeners",
                translation_placeholders={"field": ATTR_DEVICE_ID},
            )
        named = frozenset(target.terminal.coordinator.data.doors) if target.door is None else {target.door}
        doors[target.terminal.serial] = doors.get(target.terminal.serial, frozenset()) | named
    if (entity_id := data.get(ATTR_SCHEDULE)) is None:
        return Rule(doors=doors)
    entity = er.async_get(request.hass).async_get(entity_id)
    if entity is None:
        raise HouseInvalid(ATTR_SCHEDULE, Problem.NOT_KNOWN, {"value": entity_id})
    week = await request.house.hours.async_week(entity.id)
    if week is None:
        raise HouseInvalid(ATTR_SCHEDULE, Problem.HOURS_NOT_READ, {"value": entity_id})
    if any(len(day) > MAX_SECTIONS for day in week.days):
        raise HouseInvalid(ATTR_SCHEDULE, Problem.HOURS_DO_NOT_FIT, {"limit": str(MAX_SECTIONS), "value": entity_id})
    return Rule(doors=doors, schedule=entity.id)


async def _remove_access_group(request: HouseRequest) -> ServiceResponse:
    group = request.house.household.groups.get(request.data[ATTR_GROUP_ID])
    await request.house.async_remove_group(request.data[ATTR_GROUP_ID], request.by)
    return observed(request, terminals_of([group] if group else []))


async def _get_access_groups(request: HouseRequest) -> ServiceResponse:
    household = request.house.known()
    members: dict[str, int] = {}
    for person in household.people.values():
        for group_id in person.groups:
            members[group_id] = members.get(group_id, 0) + 1
    groups = sorted(household.groups.values(), key=lambda group: likeness(group.name))
    return {"groups": [{**_described(request, group), "people": members.get(group.group_id, 0)} for group in groups]}


def _described(request: HouseRequest, group: AccessGroup) -> JsonObjectType:
    names = {terminal.serial: terminal.name for terminal in request.hub.terminals.values()}
    registry = er.async_get(request.hass)
    rules: list[JsonValueType] = []
    for rule in group.rules:
        entity = registry.entities.get_entry(rule.schedule) if rule.schedule else None
        rules.append(
            {
                "doors": [
                    {"terminal": names.get(serial, serial), "doors": list[JsonValueType](sorted(doors))}
                    for serial, doors in rule.doors.items()
                ],
                "always": rule.schedule is None,
                ATTR_SCHEDULE: entity.entity_id if entity else None,
            }
        )
    return {ATTR_GROUP_ID: group.group_id, ATTR_NAME: group.name, ATTR_RULES: rules}


ACTIONS = (
    HouseAction(name="get_access_groups", handler=_get_access_groups, response=SupportsResponse.ONLY),
    HouseAction(
        name="remove_access_group",
        handler=_remove_access_group,
        fields={vol.Required(ATTR_GROUP_ID): cv.string},
        response=SupportsResponse.OPTIONAL,
    ),
    HouseAction(
        name="set_access_group",
        handler=_set_access_group,
        fields={
            vol.Optional(ATTR_GROUP_ID): cv.string,
            vol.Optional(ATTR_NAME): text_field(ATTR_NAME),
            vol.Optional(ATTR_RULES): vol.All(cv.ensure_list, [vol.Schema(dict(_RULE))]),
        },
        response=SupportsResponse.OPTIONAL,
    ),
)
