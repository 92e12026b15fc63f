"""Actions for what a terminal asks people after it has recognised them."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN
from ..fields import whole_within, yes_or_no
from ..protocol.commands import GetQuestionnaire, SetQuestionnaire
from ..protocol.commands.questionnaire import MAX_ITEMS
from .access import time_of_day
from .action import Action, Request
from .device import known_values

ATTR_REQUIRED_ITEMS = "required_items"
ATTR_SCHEDULES = "schedules"
# A schedule that is not used (specification B30).
_UNUSED = "00:00-00:00*0"


def _readable(schedule: str) -> Mapping[str, Any]:
    """Return a schedule `11:30-12:30*3` as its times and the number of the item."""
    times, _, item = schedule.partition("*")
    begin, _, end = times.partition("-")
    return {"from": begin, "to": end, "item": int(item) if item.isdigit() else 0}


async def _get_questionnaire(request: Request) -> ServiceResponse:
    response = known_values(await request.terminal.async_request(GetQuestionnaire()))
    schedules = response.pop(ATTR_SCHEDULES, ())
    response[ATTR_SCHEDULES] = [dict(_readable(schedule)) for schedule in schedules if schedule != _UNUSED]
    response["items"] = list(response.get("items", ()))
    bits = response.get(ATTR_REQUIRED_ITEMS, 0)
    response[ATTR_REQUIRED_ITEMS] = [item for item in range(1, MAX_ITEMS + 1) if bits >> (item - 1) & 1]
    return response


async def _set_questionnaire(request: Request) -> None:
    if not request.data:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_to_change")
    data = dict(request.data)
    if "items" in data:
        data["items"] = tuple(data["items"])
    if ATTR_REQUIRED_ITEMS in data:
        data[ATTR_REQUIRED_ITEMS] = sum(1 << (item - 1) for item in set(data[ATTR_REQUIRED_ITEMS]))
    if ATTR_SCHEDULES in data:
        data[ATTR_SCHEDULES] = tuple(
            f"{schedule['from']}-{schedule['to']}*{schedule['item']}" for schedule in data[ATTR_SCHEDULES]
        )
    await request.terminal.async_request(SetQuestionnaire(**data))


_ITEM = whole_within(1, MAX_ITEMS)

ACTIONS = (
    Action(name="get_questionnaire", handler=_get_questionnaire, response=SupportsResponse.ONLY),
    Action(
        name="set_questionnaire",
        handler=_set_questionnaire,
        fields={
            vol.Optional("card_starts"): yes_or_no,
            vol.Optional("enabled"): yes_or_no,
            vol.Optional("items"): vol.All(cv.ensure_list, [cv.string]),
            vol.Optional("prompt"): cv.string,
            vol.Optional(ATTR_REQUIRED_ITEMS): vol.All(cv.ensure_list, [_ITEM]),
            vol.Optional(ATTR_SCHEDULES): vol.All(
                cv.ensure_list,
                [
                    vol.Schema(
                        {
                            vol.Required("from"): time_of_day,
                            vol.Required("to"): time_of_day,
                            vol.Required("item"): _ITEM,
                        }
                    )
                ],
            ),
            vol.Optional("schedules_enabled"): yes_or_no,
            vol.Optional("single_choice"): yes_or_no,
            vol.Optional("title"): cv.string,
            vol.Optional("voice"): cv.string,
        },
    ),
)
