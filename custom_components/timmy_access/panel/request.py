"""What a browser asks, checked, and what it is told where that does not work."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import config_validation as cv, service

from ..const import DOMAIN, LOGGER
from ..errors import translated_errors
from ..house.house import House
from ..house.refusals import translated_refusals
from ..hub.hub import Hub, TimmyAccessConfigEntry
from ..services.labels import labelled

ATTR_DATA = "data"
_ENVELOPE: Mapping[vol.Marker, Any] = {
    vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    # Checked by the command itself: Home Assistant would write what was typed into its log.
    vol.Optional(ATTR_DATA, default=dict): object,
}

type Fields = Mapping[vol.Marker, Any]


@dataclass(frozen=True, kw_only=True)
class PanelRequest:
    """What one browser asks of one listener; `data` are the checked fields."""

    hass: HomeAssistant
    entry: TimmyAccessConfigEntry
    data: Mapping[str, Any]
    context: Context

    @property
    def hub(self) -> Hub:
        """The listener."""
        return self.entry.runtime_data

    @property
    def house(self) -> House:
        """The people of the listener."""
        return self.hub.house

    @property
    def by(self) -> str | None:
        """The id of the user who asks."""
        return self.context.user_id

    @classmethod
    def of(
        cls, hass: HomeAssistant, connection: ActiveConnection, message: Mapping[str, Any], fields: Fields
    ) -> PanelRequest:
        """Return what a message asks, of the only listener where none is named; raises translated errors."""
        entry: TimmyAccessConfigEntry = service.async_get_config_entry(hass, DOMAIN, message.get(ATTR_CONFIG_ENTRY_ID))
        data = checked(fields, message[ATTR_DATA])
        return cls(hass=hass, entry=entry, data=data, context=connection.context(dict(message)))


def checked(fields: Fields, data: object) -> Mapping[str, Any]:
    """Return the data as the fields want them; raises an error that names the field and not what was typed."""
    try:
        result: Mapping[str, Any] = vol.Schema(dict(fields))(data)
    except vol.Invalid as err:
        raise field_invalid(err) from None
    return result


def field_invalid(err: vol.Invalid) -> ServiceValidationError:
    """Return the error for data that a schema refuses."""
    first = err.errors[0] if isinstance(err, vol.MultipleInvalid) else err
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="panel_field_invalid",
        translation_placeholders={"field": ".".join(str(part) for part in first.path) or ATTR_DATA},
    )


@callback
def async_register(hass: HomeAssistant, name: str, handler: websocket_api.WebSocketCommandHandler) -> None:
    """Have administrators' browsers ask `timmy_access/panel/<name>`; for others the answer is *unauthorized*."""
    guarded = websocket_api.require_admin(handler)
    schema: Any = {vol.Required("type"): type_of(name), **_ENVELOPE}
    websocket_api.async_register_command(hass, websocket_api.websocket_command(schema)(guarded))


def type_of(name: str) -> str:
    """Return what a command is called on the wire."""
    return f"{DOMAIN}/panel/{name}"


@contextmanager
def told(
    hass: HomeAssistant, connection: ActiveConnection, message: Mapping[str, Any], listener: str = ""
) -> Iterator[None]:
    """Tell the browser what went wrong by its translation key; Home Assistant's own way would log what was typed."""
    try:
        with labelled(hass), translated_errors(listener), translated_refusals():
            yield
    except Unauthorized:
        raise
    except HomeAssistantError as err:
        connection.send_error(
            message["id"],
            websocket_api.ERR_HOME_ASSISTANT_ERROR,
            str(err),
            translation_domain=err.translation_domain,
            translation_key=err.translation_key,
            translation_placeholders=err.translation_placeholders,
        )
    except Exception:  # noqa: BLE001 - one broken page ends neither the connection nor the others
        LOGGER.exception("The panel asked for %s", message["type"])
        connection.send_error(
            message["id"],
            websocket_api.ERR_UNKNOWN_ERROR,
            "Unknown error",
            translation_domain=DOMAIN,
            translation_key="panel_unexpected",
        )
