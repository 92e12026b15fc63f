"""The panel's place in the sidebar, and the file that a browser loads for it."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import voluptuous as vol

from homeassistant.components import frontend, panel_custom, websocket_api
from homeassistant.components.http import StaticPathConfig
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_SERIAL, DOMAIN, LOGGER, PANEL_URL_PATH, SUBENTRY_TERMINAL

COMPONENT = "timmy-access-panel"
ICON = "mdi:door-closed-lock"
TITLE = "Timmy Access"
BUNDLE = Path(__file__).parent / "dist"
FILE = f"{COMPONENT}.js"
ISSUE_MISSING = "panel_missing"
# So much of the hash tells two releases apart, and lets browsers keep each for ever.
HASH_DIGITS = 16
# Which bundle is served; None where there is none.
_SERVED: HassKey[str | None] = HassKey(f"{DOMAIN}_panel")


async def async_show(hass: HomeAssistant) -> None:
    """Show the panel to administrators, if it is not shown yet; without its file, say how to get it."""
    if _SERVED not in hass.data:
        hass.data[_SERVED] = None
        websocket_api.async_register_command(hass, _async_version)
        hass.data[_SERVED] = await _async_serve(hass)
    if (version := hass.data[_SERVED]) is None:
        if ir.async_get(hass).async_get_issue(DOMAIN, ISSUE_MISSING) is None:
            LOGGER.warning(
                "The panel is not there: this copy holds no %s. A release does, or scripts/setup makes it", FILE
            )
        ir.async_create_issue(
            hass,
            DOMAIN,
            ISSUE_MISSING,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE_MISSING,
        )
        return
    ir.async_delete_issue(hass, DOMAIN, ISSUE_MISSING)
    if not frontend.async_panel_exists(hass, PANEL_URL_PATH):
        await panel_custom.async_register_panel(
            hass,
            frontend_url_path=PANEL_URL_PATH,
            webcomponent_name=COMPONENT,
            sidebar_title=TITLE,
            sidebar_icon=ICON,
            module_url=f"{_folder_url(version)}/{FILE}",
            require_admin=True,
            config_panel_domain=DOMAIN,
            handle_safe_area=True,
        )


@callback
def async_hide(hass: HomeAssistant) -> None:
    """Take the panel away, with the last listener."""
    ir.async_delete_issue(hass, DOMAIN, ISSUE_MISSING)
    frontend.async_remove_panel(hass, PANEL_URL_PATH, warn_if_unknown=False)


async def _async_serve(hass: HomeAssistant) -> str | None:
    """Serve the bundle under an address that says which it is, and return that; None where there is none."""
    version = await hass.async_add_executor_job(_version)
    if version is not None:
        # For one Home Assistant the folder of one address never changes, so that browsers need not ask again.
        await hass.http.async_register_static_paths([StaticPathConfig(_folder_url(version), str(BUNDLE))])
    return version


def _version() -> str | None:
    try:
        return sha256((BUNDLE / FILE).read_bytes()).hexdigest()[:HASH_DIGITS]
    except FileNotFoundError:
        return None


def _folder_url(version: str) -> str:
    return f"/{DOMAIN}_panel/{version}"


@websocket_api.require_admin
@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/panel/version"})
@callback
def _async_version(hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]) -> None:
    """Tell which bundle is served, so that a page that was opened before an update knows that it is old.

    An address that names a terminal names no listener: who has approved which tells whose it is.
    """
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False)
    connection.send_result(
        message["id"],
        {
            "version": hass.data.get(_SERVED),
            "listeners": [
                {
                    "config_entry_id": entry.entry_id,
                    "title": entry.title,
                    "state": entry.state.value,
                    "terminals": [it.data[CONF_SERIAL] for it in entry.get_subentries_of_type(SUBENTRY_TERMINAL)],
                }
                for entry in entries
            ],
        },
    )
