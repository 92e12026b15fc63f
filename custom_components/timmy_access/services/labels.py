"""What people read of what an action refuses: fields by their labels, in the language of Home Assistant.

Errors name fields by their keys, which pages and tests go by; texts show the label. Home Assistant translates the text
around it for whoever reads it, and knows no labels.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import re

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN
from ..issues import MAX_PLACEHOLDER
from ..protocol.peer import as_text, printable

ATTR_CAUSE = "cause"
ATTR_FIELD = "field"
ATTR_HINT = "hint"
ATTR_LABEL = "label"

# Home Assistant has loaded these of every integration that runs; English is there while another language is loaded.
_FALLBACK_LANGUAGE = "en"
_PART = re.compile(r"(?P<name>[^\[]*)(?P<indices>(?:\[\d+\])*)")
# Made of errors that are readable each by itself.
_PUT_TOGETHER = frozenset({"failures"})
_INDEX = re.compile(r"\d+")
# Keys of data, and examples of it.
_CODE = re.compile(r"[a-z]_[a-z]|[\[{]")


@contextmanager
def labelled(hass: HomeAssistant, action: str = "", label: str | None = None) -> Iterator[None]:
    """Let errors of ours say a field by its label: of an action, or the one that is given."""
    try:
        yield
    except HomeAssistantError as err:
        with_label(hass, err, action, label)
        raise


@callback
def with_label(hass: HomeAssistant, error: HomeAssistantError, action: str = "", label: str | None = None) -> None:
    """Add to an error of ours what its text shows besides what it knows itself."""
    facts = dict(error.translation_placeholders or {})
    if error.translation_domain != DOMAIN:
        return
    if ATTR_FIELD in facts and ATTR_LABEL not in facts:
        facts[ATTR_LABEL] = label or label_of(hass, facts[ATTR_FIELD], action)
    if ATTR_CAUSE in facts:
        facts[ATTR_CAUSE] = _cause(hass, facts[ATTR_CAUSE], facts.get("detail", ""))
    facts |= {key: printable(text, MAX_PLACEHOLDER) for key, text in facts.items() if key not in _PUT_TOGETHER}
    error.translation_placeholders = facts or None


@callback
def label_of(hass: HomeAssistant, field: str, action: str = "") -> str:
    """Return what a field is called where people fill it in, such as `holidays[0].start_day`; itself if nowhere."""
    fields, words = texts(hass, "services"), texts(hass, "common")
    shown: list[str] = []
    for part in field.split("."):
        if (match := _PART.fullmatch(part)) is None:
            shown.append(as_text(part))
            continue
        name = match["name"]
        places = [f"services.{action}.fields.{name}.name", f"common.field_{name}", f"common.{name}"]
        known = [{**fields, **words}.get(f"component.{DOMAIN}.{place}") for place in places if name]
        if shown:  # inside of another field, where an action has no word for it
            known = known[1:]
        found = next(filter(None, known), None) or _of_any_action(fields, name)
        shown.append(found or as_text(name))
        shown += [str(int(index) + 1) for index in _INDEX.findall(match["indices"])]  # people count from 1
    return ", ".join(shown)


def _of_any_action(fields: Mapping[str, str], name: str) -> str | None:
    end = f".fields.{name}.name"
    return next((text for key, text in sorted(fields.items()) if key.endswith(end)), None)


@callback
def _cause(hass: HomeAssistant, cause: str, detail: str) -> str:
    """Return why the database cannot be used, in the words that the options have for it."""
    known = {**texts(hass, "options"), **texts(hass, "common")}
    places = (f"options.error.{cause}", f"common.{cause}")
    found = next((text for place in places if (text := known.get(f"component.{DOMAIN}.{place}"))), cause)
    return found.rstrip(".").replace("{detail}", as_text(detail))


@callback
def hint_of(hass: HomeAssistant, field: str, action: str) -> str | None:
    """Return what is said of a field where people fill it in; None where that is only of use to who writes YAML."""
    name = re.split(r"[.\[]", field, maxsplit=1)[0]
    hint = texts(hass, "services").get(f"component.{DOMAIN}.services.{action}.fields.{name}.description")
    return None if hint is None or _CODE.search(hint) else hint


@callback
def told(hass: HomeAssistant, error: HomeAssistantError) -> str:
    """Return what an error says, in the language of Home Assistant, for a sentence that quotes it."""
    key = f"component.{error.translation_domain}.exceptions.{error.translation_key}.message"
    if error.translation_domain == DOMAIN and (text := texts(hass, "exceptions").get(key)) is not None:
        return text.rstrip(".").format_map({ATTR_LABEL: "", **(error.translation_placeholders or {})})
    return str(error)


@callback
def texts(hass: HomeAssistant, category: str) -> Mapping[str, str]:
    """Return our texts of a category."""
    known = async_get_cached_translations(hass, hass.config.language, category, DOMAIN)
    return known or async_get_cached_translations(hass, _FALLBACK_LANGUAGE, category, DOMAIN)
