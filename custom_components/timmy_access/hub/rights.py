"""What a user of Home Assistant may do with a terminal, whichever way it is asked for.

An action and an entity that do the same ask the same table. Ordinary users may do what people do at a door every day,
each with the policy for the entity that does just that. Whatever changes how a door is guarded is for administrators:
settings, what holds a door, restarts, clocks, people, passes. What nobody has asked for in person comes from what an
administrator has written, and may do everything, as with Home Assistant's own actions for administrators. A script or
scene that a person starts acts as that person.

In a lockdown doors are for administrators in person: nobody else opens one, and that counts for automations too, which
were written for other times. What an automation locks stays locked down.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..terminal.state import Emergency
from .terminal import Terminal

ONLY_DOOR = 1


class Right(StrEnum):
    """What somebody wants to do with a terminal."""

    ADMINISTER = "administer"
    CANCEL_ALARM = "cancel_alarm"
    LOCK = "lock"
    OPEN = "open"


# What ordinary users may do, and the platform and key of the entity that they must be allowed to control for it.
# * An alarm: whoever stands beside the siren of a false alarm ends it. That opens nothing and changes no setting, and
#   what raised the alarm has been told and stays in the access log.
# * Opening: that `unlock` holds a door open is what an administrator chose for the terminal.
# * Reading is for administrators too: it has a terminal answer, and tells who may pass when.
ORDINARY_USERS: Mapping[Right, tuple[Platform, str]] = {
    Right.CANCEL_ALARM: (Platform.BUTTON, "cancel_alarm"),
    Right.LOCK: (Platform.LOCK, "door{door}_lock"),
    Right.OPEN: (Platform.LOCK, "door{door}_lock"),
}


class NotAllowed(Unauthorized):
    """The user has no right to this, in words of people."""

    def __init__(self, context: Context | None, key: str, terminal: str, entity_id: str | None = None) -> None:
        """Say why by a translation key."""
        super().__init__(context=context, entity_id=entity_id, permission=POLICY_CONTROL)
        HomeAssistantError.__init__(
            self,
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={"terminal": terminal},
        )


async def async_check_right(
    hass: HomeAssistant,
    context: Context | None,
    right: Right,
    terminal: Terminal,
    doors: Iterable[int] = (ONLY_DOOR,),
) -> bool:
    """Return if whoever asked may do this, at each of the doors; raises `NotAllowed` and `UnknownUser`.

    True is an administrator in person who asks in a lockdown, and may open a door in it; what they asked for before is
    for other times.
    """
    doors, present = tuple(doors), terminal.coordinator.data.doors
    is_locked_down = any(door in present and present[door].emergency is Emergency.LOCKDOWN for door in doors)
    if context is None or context.user_id is None:
        if is_locked_down and right is Right.OPEN:
            raise NotAllowed(context, "lockdown_administrators_only", terminal.name)
        return False
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context, permission=POLICY_CONTROL)
    if user.is_admin:
        return is_locked_down
    if right not in ORDINARY_USERS:
        raise NotAllowed(context, "administrators_only", terminal.name)
    if is_locked_down and right in (Right.LOCK, Right.OPEN):
        raise NotAllowed(context, "lockdown_administrators_only", terminal.name)
    platform, key = ORDINARY_USERS[right]
    registry = er.async_get(hass)
    for door in doors:
        entity_id = registry.async_get_entity_id(platform, DOMAIN, f"{terminal.serial}_{key.format(door=door)}")
        if entity_id is None or not user.permissions.check_entity(entity_id, POLICY_CONTROL):
            raise NotAllowed(context, "not_allowed", terminal.name, entity_id)
    return False


async def async_may_read(hass: HomeAssistant, context: Context, entity_id: str) -> bool:
    """Return whether whoever asks may see an entity; what has no user comes from what an administrator exposed."""
    if context.user_id is None:
        return True
    user = await hass.auth.async_get_user(context.user_id)
    return user is not None and user.permissions.check_entity(entity_id, POLICY_READ)


async def async_check_in_person(hass: HomeAssistant, context: Context | None, listener: str) -> None:
    """Return if an administrator has asked, and no automation; raises `NotAllowed` and `UnknownUser`."""
    if context is None or context.user_id is None:
        raise NotAllowed(context, "administrators_in_person", listener)
    await async_check_administrator(hass, context, listener)


async def async_name_of(hass: HomeAssistant, user_id: str | None) -> str | None:
    """Return what a user is called; None for an automation."""
    user = None if user_id is None else await hass.auth.async_get_user(user_id)
    return None if user is None else user.name


async def async_check_administrator(hass: HomeAssistant, context: Context, listener: str) -> None:
    """Return if whoever asked may say who passes in a whole house; raises `NotAllowed` and `UnknownUser`."""
    if context.user_id is None:
        return
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context, permission=POLICY_CONTROL)
    if not user.is_admin:
        raise NotAllowed(context, "administrators_only", listener)
