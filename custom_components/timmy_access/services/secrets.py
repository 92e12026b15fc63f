"""Secrets that an action names instead of holding them.

Home Assistant puts the data of every action on its event bus, and so into its database and into traces. What is kept in
`secrets.yaml` and named (`secret:timmy_access_...`) is in none of them. `!secret` is no way: that is filled in before.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util.yaml import SECRET_YAML, load_yaml_dict

from ..const import DOMAIN

_REFERENCE: Final = "secret:"
# Only what was written down for us may be sent to a terminal, and never the password of something else.
_OURS: Final = f"{DOMAIN}_"


def or_secret(validator: Any) -> Any:
    """Return a validator that also takes the name of a secret."""

    def _check(value: Any) -> Any:
        return value if isinstance(value, str) and value.startswith(_REFERENCE) else validator(value)

    return _check


async def async_fill_in(hass: HomeAssistant, data: Mapping[str, Any], validators: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of an action with the secrets that some of its fields name; raises a translated error.

    `validators` check what was found, by the name of the field.
    """
    named = {
        field: name.removeprefix(_REFERENCE).strip()
        for field in validators
        if isinstance(name := data.get(field), str) and name.startswith(_REFERENCE)
    }
    if not named:
        return dict(data)
    path = Path(hass.config.path(SECRET_YAML))
    try:
        secrets = await hass.async_add_executor_job(load_yaml_dict, path)
    except HomeAssistantError, OSError:  # the error of a broken file would show a line of it
        secrets = {}
    filled = dict(data)
    for field, name in named.items():
        try:
            if not name.startswith(_OURS):
                raise vol.Invalid("not ours")  # noqa: TRY301 - one answer, whether it is there or not
            filled[field] = validators[field](secrets[name])
        except KeyError, vol.Invalid:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="secret_unusable",
                translation_placeholders={"field": field, "prefix": _OURS},
            ) from None
    return filled
