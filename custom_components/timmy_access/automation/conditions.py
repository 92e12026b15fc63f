"""Conditions about terminals, the people who were there and what holds a door.

Nothing is true of a terminal whose listener does not run: it is not known then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Unpack, cast, override

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

from ..fields import Fields
from ..hub.terminal import Terminal
from ..people.sightings import MAX_SIGHTING_AGE
from ..terminal.state import DoorMode
from .filters import WHO, matches, words
from .targets import async_checked, async_targeted_terminals

CONF_MODE = "mode"
CONF_WITHIN = "within"
_ONLY_DOOR = 1


@dataclass(frozen=True, kw_only=True)
class ConditionDescription:
    """What a condition asks of each terminal, with its fields."""

    key: str
    fields: Fields = field(default_factory=dict)
    holds_fn: Callable[[Terminal, Mapping[str, Any]], bool]


def _is_in_mode(terminal: Terminal, options: Mapping[str, Any]) -> bool:
    """Return whether the only door is in one of the modes; nobody knows what holds the doors of a controller."""
    doors = terminal.coordinator.data.doors
    return len(doors) == 1 and doors[_ONLY_DOOR].mode in options[CONF_MODE]


def _was_seen(terminal: Terminal, options: Mapping[str, Any]) -> bool:
    who = {key: value for key, value in options.items() if key in WHO}
    since = dt_util.utcnow() - options[CONF_WITHIN]
    return any(
        sighting.occurred_at >= since
        and matches(
            {
                "enroll_id": sighting.enroll_id,
                "group": terminal.house_rules.groups_of(sighting.enroll_id, sighting.name),
                "person": sighting.person,
                # Who had the number then is not who has it now, where the names differ.
                "person_entity_id": terminal.links.entity_id_of(sighting.enroll_id, sighting.name),
            },
            who,
        )
        for sighting in terminal.sightings.latest
    )


CONDITIONS: tuple[ConditionDescription, ...] = (
    ConditionDescription(
        key="door_mode_is",
        fields={vol.Required(CONF_MODE): words(mode.value for mode in DoorMode)},
        holds_fn=_is_in_mode,
    ),
    ConditionDescription(
        key="person_was_seen",
        fields={
            **WHO,
            vol.Required(CONF_WITHIN): vol.All(
                cv.positive_time_period, vol.Range(min=timedelta(seconds=1), max=MAX_SIGHTING_AGE)
            ),
        },
        holds_fn=_was_seen,
    ),
    ConditionDescription(key="terminal_is_online", holds_fn=lambda terminal, _: terminal.coordinator.data.online),
)


class TerminalCondition(Condition):
    """Asks the targeted terminals, or all of them without a target, whether any or all are as described."""

    description: ClassVar[ConditionDescription]

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check fields and target; raises translated errors."""
        behavior = vol.Required(ATTR_BEHAVIOR, default=BEHAVIOR_ANY)
        options = {behavior: vol.In([BEHAVIOR_ANY, BEHAVIOR_ALL]), **cls.description.fields}
        return async_checked(hass, config, options)

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Prepare to ask."""
        super().__init__(hass, config)
        self._target = config.target
        self._options: Mapping[str, Any] = config.options or {}

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        return self.holds()

    def holds(self) -> bool:
        """Return whether it holds now."""
        terminals = async_targeted_terminals(self._hass, self._target)
        answers = [
            terminal is not None and self.description.holds_fn(terminal, self._options) for terminal in terminals
        ]
        if self._options[ATTR_BEHAVIOR] == BEHAVIOR_ALL:
            return bool(answers) and all(answers)
        return any(answers)


def conditions() -> dict[str, type[TerminalCondition]]:
    """Return the conditions by their keys."""
    return {description.key: _condition(description) for description in CONDITIONS}


def _condition(description: ConditionDescription) -> type[TerminalCondition]:
    made = type("TerminalCondition", (TerminalCondition,), {"description": description})
    return cast("type[TerminalCondition]", made)
