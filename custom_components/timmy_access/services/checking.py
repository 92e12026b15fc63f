"""What was filled in, checked: what does not fit is refused in words, and never shown, as it may be a secret."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from ..const import DOMAIN
from ..fields import FieldInvalid
from .labels import ATTR_FIELD, ATTR_HINT, hint_of, with_label


def checked(hass: HomeAssistant, action: str, schema: vol.Schema, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of an action as its fields want them; raises a translated error that names the field."""
    try:
        result: dict[str, Any] = schema(dict(data))
    except vol.Invalid as err:
        refused = _refusal(hass, action, schema, data, err)
        with_label(hass, refused, action)
        raise refused from None
    except ServiceValidationError as err:
        with_label(hass, err, action)
        raise
    return result


def _refusal(
    hass: HomeAssistant, action: str, schema: vol.Schema, data: Mapping[str, Any], error: vol.Invalid
) -> ServiceValidationError:
    first = error.errors[0] if isinstance(error, vol.MultipleInvalid) else error
    field, value = _place(first.path, data)
    facts = {ATTR_FIELD: field}
    if isinstance(first, FieldInvalid):
        key, facts = first.key, facts | first.facts
    elif isinstance(first, vol.ExclusiveInvalid):
        key = "photo_from_one_source"
    elif isinstance(first, vol.RequiredFieldInvalid):
        key = "field_missing"
    elif len(first.path) == 1 and first.path[0] not in schema.schema:
        key = "field_unknown"
    elif isinstance(first, vol.LengthInvalid):
        too_much = "too_many_values" if isinstance(value, list | tuple) else "value_too_long"
        key = too_much if value and str(value).strip() else "house_empty"
    elif hint := hint_of(hass, field, action):
        key, facts = "field_unfit", facts | {ATTR_HINT: hint}
    else:
        key = "panel_field_invalid"
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=facts)


def _place(path: list[Any], data: Any) -> tuple[str, Any]:
    """Return where something is in data, as errors of the protocol say it, and what is there."""
    field = ""
    for part in path:
        if isinstance(data, list | tuple):
            field += f"[{part}]"
            data = data[part] if isinstance(part, int) and part < len(data) else None
        else:
            # Numbers are of lists that one value stands for.
            if not isinstance(data, Mapping) and isinstance(part, int):
                continue
            field += f".{part}" if field else f"{part}"
            data = data.get(part) if isinstance(data, Mapping) else None
    return field, data
