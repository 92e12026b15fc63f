"""Actions for how terminals and the house come to agree."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

from ..const import DOMAIN
from ..fields import ATTR_CONFIRM, ATTR_ENROLL_ID, whole, word, yes_or_no
from ..house.agreement import Agreement
from ..house.differences import Difference, DifferenceKind
from ..house.foreseen import foreseen
from ..house.persons import HousePerson
from ..house.settling import Choice
from ..house.taking_over import taken_over
from ..hub.after_reset import AfterReset, async_after_reset
from ..hub.agreements import async_agreement
from ..hub.in_step import make_of
from ..hub.taking_stock import async_present
from ..hub.terminal import Terminal
from .action import Action, Request
from .difference_words import DifferenceWords
from .house_action import HouseAction, HouseRequest, of_the_house
from .house_people import ATTR_GROUPS, group_id_of

ATTR_CHOICE = "choice"
ATTR_ENABLE = "enable"
ATTR_INCLUDE_LEFT = "include_left"
ATTR_KIND = "kind"
ATTR_MARK = "mark"

# A terminal that has lost everybody is one difference, about which more is to be done than about others.
AFTER_RESET = {Choice.PUT_BACK: AfterReset.FILL, Choice.TAKE_OVER: AfterReset.TAKE_OVER}


@of_the_house
async def _keep_in_step(request: Request) -> ServiceResponse:
    terminal, house, by = request.terminal, request.hub.house, request.context.user_id
    if not request.data[ATTR_ENABLE]:
        if request.data[ATTR_CONFIRM]:
            await house.async_observe(terminal.serial, terminal.name, by)
        return {"kept_in_step": not request.data[ATTR_CONFIRM] and terminal.serial in house.known().kept}
    house.known()
    await terminal.async_refresh_people()
    if not terminal.roster.complete:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="house_people_not_read",
            translation_placeholders={"terminal": terminal.name},
        )
    asked = request.hub.asked
    try:
        present = await async_present(
            request.hass, terminal, house, lambda done, of: asked.update({terminal.serial: (done, of)})
        )
    finally:
        asked.pop(terminal.serial, None)
    taking = await request.hass.async_add_executor_job(house.preview, present)
    make = make_of(terminal)
    after, weeks = partial(taken_over, house.known(), taking), dict(house.hours.weeks)
    unfit = await request.hass.async_add_executor_job(
        lambda: foreseen(after(), terminal.serial, make, weeks, dt_util.utcnow())
    )
    if request.data[ATTR_CONFIRM]:
        await house.async_take_over(taking, terminal.name, by)
    people = terminal.roster.people
    names = {person.enroll_id: person.name for person in (*house.household.people.values(), *taking.added)}
    return {
        "kept_in_step": terminal.serial in house.household.kept,
        "group": taking.group.name if taking.group else None,
        "added": _people(taking.added),
        "joined": _people(taking.joined),
        "same": _people(taking.same),
        "missing": _people(taking.missing),
        "left": [
            {ATTR_ENROLL_ID: number, "name": people[number].name if number in people else None, "reason": reason.value}
            for number, reason in taking.left.items()
        ],
        "unfit": [
            {ATTR_ENROLL_ID: number, "name": names.get(number), "reason": reason.value}
            for number, reason in sorted(unfit.items())
        ],
    }


def _people(people: tuple[HousePerson, ...]) -> list[JsonValueType]:
    return [{ATTR_ENROLL_ID: person.enroll_id, "name": person.name} for person in people]


async def _get_differences(request: HouseRequest) -> ServiceResponse:
    household = request.house.known()
    words = DifferenceWords(household)
    differences: list[JsonValueType] = []
    for terminal in request.hub.terminals.values():
        if terminal.serial not in household.kept:
            continue
        agreement = await async_agreement(request.hass, request.house, terminal)
        differences += [
            {"terminal": terminal.name, "device_id": terminal.device_id, **words.described(difference)}
            for _, difference in sorted(agreement.differences.items())
            if request.data[ATTR_INCLUDE_LEFT] or not difference.is_left
        ]
    observed = [terminal.name for terminal in request.hub.terminals.values() if terminal.serial not in household.kept]
    return {"differences": differences, "observed": list[JsonValueType](observed)}


@of_the_house
async def _settle_difference(request: Request) -> ServiceResponse:
    terminal, house, data = request.terminal, request.hub.house, request.data
    household = house.known()
    groups = frozenset(group_id_of(household, name) for name in data.get(ATTR_GROUPS, ()))
    agreement = await async_agreement(request.hass, house, terminal)
    wanted = _wanted(agreement, data) if terminal.serial in household.kept else ()
    if not wanted:
        raise _refused("house_no_difference", terminal)
    if (marks := data.get(ATTR_MARK)) is not None:
        marked = await request.hass.async_add_executor_job(DifferenceWords(household).by_mark, wanted)
        if not marked.keys() >= set(marks):
            raise _refused("house_difference_changed", terminal)
        wanted = tuple(marked[mark] for mark in dict.fromkeys(marks))
    choice, by = data[ATTR_CHOICE], request.context.user_id
    if agreement.was_reset and choice in AFTER_RESET:
        if not await async_after_reset(request.hass, house, terminal, AFTER_RESET[choice], by):
            raise _refused("house_difference_changed", terminal)
    else:
        await house.async_settle(wanted, choice, groups, by, make_of(terminal))
    return {"settled": len(wanted)}


def _refused(key: str, terminal: Terminal) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"terminal": terminal.name}
    )


def _wanted(agreement: Agreement, data: Mapping[str, Any]) -> tuple[Difference, ...]:
    return tuple(
        difference
        for number, difference in sorted(agreement.differences.items())
        if data.get(ATTR_ENROLL_ID, number) == number and data.get(ATTR_KIND, difference.kind) == difference.kind
    )


TERMINAL_ACTIONS = (
    Action(
        name="keep_in_step",
        handler=_keep_in_step,
        fields={
            vol.Optional(ATTR_ENABLE, default=True): yes_or_no,
            vol.Optional(ATTR_CONFIRM, default=False): yes_or_no,
        },
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="settle_difference",
        handler=_settle_difference,
        fields={
            vol.Optional(ATTR_ENROLL_ID): whole,
            vol.Optional(ATTR_KIND): word({kind.value: kind for kind in DifferenceKind}),
            vol.Required(ATTR_CHOICE): word({choice.value: choice for choice in Choice}),
            vol.Optional(ATTR_GROUPS): vol.All(cv.ensure_list, [cv.string]),
            vol.Optional(ATTR_MARK): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1)),
        },
        response=SupportsResponse.OPTIONAL,
    ),
)
ACTIONS = (
    HouseAction(
        name="get_differences",
        handler=_get_differences,
        fields={vol.Optional(ATTR_INCLUDE_LEFT, default=False): yes_or_no},
        response=SupportsResponse.ONLY,
    ),
)
