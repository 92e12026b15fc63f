"""Lines of the logbook that read like sentences, in the language of Home Assistant.

Who did what is in the message, and a line has neither name nor entity: Home Assistant's pages put the name of the
entity in the place of the line's, and the dialog of an entity shows no names. That a line is a lock's is in its event,
by which Home Assistant finds it.
"""

from collections.abc import Callable, Mapping

from homeassistant.components.logbook import LOGBOOK_ENTRY_ICON, LOGBOOK_ENTRY_MESSAGE
from homeassistant.const import ATTR_NAME
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from .automation.activity import (
    ATTR_ENROLL_ID,
    ATTR_HOW,
    ATTR_ICON,
    ATTR_PERSON,
    ATTR_RECORDS,
    ATTR_TEXT,
    ATTR_UNTIL,
    ATTR_WHY,
    EVENT_ACTIVITY,
)
from .const import DOMAIN
from .protocol.peer import as_text

# Home Assistant has loaded these of every integration that runs; English is there while another language is loaded.
_FALLBACK_LANGUAGE = "en"
# Where the words for how and why somebody came in, or did not, have their texts.
_HOW = ("access.state_attributes.event_type", "code.state_attributes.source")
_WHY = ("code.state_attributes.reason",)


@callback
def async_describe_events(
    hass: HomeAssistant, async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None]
) -> None:
    """Describe what happens at terminals."""

    @callback
    def _async_describe(event: Event) -> dict[str, str]:
        data = event.data
        where = as_text(data[ATTR_NAME])
        facts = {"records": str(data.get(ATTR_RECORDS, "")), "until": _shown_time(data.get(ATTR_UNTIL))}
        message = _sentence(hass, data[ATTR_TEXT], where=where, **facts)
        if (how := _word(hass, _HOW, data.get(ATTR_HOW))) is not None:
            message = _sentence(hass, "how", message=message, how=how)
        if (why := _word(hass, _WHY, data.get(ATTR_WHY))) is not None:
            message = _sentence(hass, "why", message=message, why=why)
        who = _who(hass, data) if ATTR_PERSON in data else where
        return {LOGBOOK_ENTRY_ICON: data[ATTR_ICON], LOGBOOK_ENTRY_MESSAGE: f"{who} {message}"}

    async_describe_event(DOMAIN, EVENT_ACTIVITY, _async_describe)


def _who(hass: HomeAssistant, data: Mapping[str, str | int | None]) -> str:
    if (person := data[ATTR_PERSON]) is not None:
        return as_text(person)
    if (number := data[ATTR_ENROLL_ID]) is not None:
        return _sentence(hass, "number", number=str(number))
    return _sentence(hass, "unknown")


def _shown_time(time: str | None) -> str:
    moment = None if time is None else dt_util.parse_datetime(time)
    return "" if moment is None else f"{dt_util.as_local(moment):%Y-%m-%d %H:%M}"


def _sentence(hass: HomeAssistant, key: str, **facts: str) -> str:
    return _texts(hass, "common")[f"component.{DOMAIN}.common.activity_{key}"].format_map(facts)


def _word(hass: HomeAssistant, places: tuple[str, ...], word: str | None) -> str | None:
    """Return the text of a word, which is the first that one of the places of events has."""
    texts = _texts(hass, "entity")
    keys = (f"component.{DOMAIN}.entity.event.{place}.state.{word}" for place in places)
    return next((texts[key] for key in keys if key in texts), None)


def _texts(hass: HomeAssistant, category: str) -> Mapping[str, str]:
    texts = async_get_cached_translations(hass, hass.config.language, category, DOMAIN)
    return texts or async_get_cached_translations(hass, _FALLBACK_LANGUAGE, category, DOMAIN)
