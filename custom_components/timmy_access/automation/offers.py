"""What can be chosen in the automation editor: the people, groups and passes that there are now, by name.

Names of people and guests are for administrators (`SECURITY.md`): anybody else types what they know already, and so
does whoever asks while the listener does not run.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from homeassistant.components.websocket_api import current_connection
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, PERSON_DOMAIN
from .targets import Place, async_place

# Names in one list: nobody scrolls further, the browser is sent them all, and any other can be typed.
MAX_OFFERED = 2000


def _people(place: Place) -> Iterable[str]:
    yield from (person.name for person in place.hub.house.household.people.values())
    yield from (place.terminal.roster.name_of(number) or "" for number in place.terminal.roster.people)


def _groups(place: Place) -> Iterable[str]:
    return (group.name for group in place.hub.house.household.groups.values())


def _passes(place: Place) -> Iterable[str]:
    now = dt_util.utcnow()
    return (
        held.name
        for held in place.hub.passbook.passes.values()
        if held.doors.get(place.terminal.serial)
        and held.revoked_at is None
        and (held.valid_until is None or held.valid_until > now)
    )


_NAMES: Mapping[str, Callable[[Place], Iterable[str]]] = {
    "group": _groups,
    "pass_name": _passes,
    "person": _people,
}


async def async_selectors(
    hass: HomeAssistant, device_id: str, fields: Iterable[str], words: Mapping[str, tuple[str, Iterable[str]]]
) -> dict[str, Selector[Any]]:
    """Return what to choose each of the fields from, for the terminal of a device.

    `words` are the fields that are words, each with the key of its translations and all words there are.
    """
    place = _place_for_asking(hass, device_id)
    made: dict[str, Selector[Any]] = {}
    for name in fields:
        if name in words:
            made[name] = await _async_words(hass, *words[name])
        elif name in _NAMES:
            made[name] = _names([] if place is None else _NAMES[name](place))
        else:
            made[name] = EntitySelector(EntitySelectorConfig(domain=PERSON_DOMAIN, multiple=True))
    return made


@callback
def _place_for_asking(hass: HomeAssistant, device_id: str) -> Place | None:
    """Return where the names are; None if they are not for whoever asks, or nobody asks, or there are none now."""
    connection = current_connection.get()
    if connection is None or not connection.user.is_admin:
        return None
    return async_place(hass, device_id)


def _names(names: Iterable[str]) -> SelectSelector:
    offered = sorted({name for name in names if name}, key=str.casefold)[:MAX_OFFERED]
    return SelectSelector(
        SelectSelectorConfig(custom_value=True, mode=SelectSelectorMode.DROPDOWN, multiple=True, options=offered)
    )


async def _async_words(hass: HomeAssistant, key: str, known: Iterable[str]) -> SelectSelector:
    """Return a choice of words in the language of Home Assistant: in these forms the frontend translates none."""
    texts = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    place = f"component.{DOMAIN}.selector.{key}.options"
    options = [SelectOptionDict(value=word, label=texts.get(f"{place}.{word}", word)) for word in known]
    return SelectSelector(SelectSelectorConfig(mode=SelectSelectorMode.DROPDOWN, multiple=True, options=options))
