"""One trigger for whatever goes wrong at a door, made of the triggers for each kind of it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, cast, override

import voluptuous as vol

from homeassistant.const import CONF_FOR, CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType

from .filters import words
from .targets import async_check_target

CONF_KIND = "kind"
DEFAULT_FOR = timedelta(minutes=1)


class TroubleTrigger(Trigger):
    """Fires when one of several triggers does; for what has to last, once it has lasted."""

    key: ClassVar[str]
    # The trigger of each kind, and whether it is one of what has to last.
    kinds: ClassVar[Mapping[str, tuple[Callable[[HomeAssistant, TriggerConfig], Trigger], bool]]]

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check fields and target; raises translated errors."""
        fields = {
            vol.Optional(CONF_KIND, default=list): words(cls.kinds),
            vol.Optional(CONF_FOR, default=DEFAULT_FOR): cv.positive_time_period,
        }
        schema = vol.Schema({vol.Required(CONF_OPTIONS, default=dict): fields, vol.Optional(CONF_TARGET): dict})
        checked = cast("ConfigType", schema(config))
        async_check_target(hass, checked.get(CONF_TARGET))
        return checked

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Make the triggers of the kinds that are asked for; of all without any."""
        super().__init__(hass, config)
        options: Mapping[str, Any] = config.options or {}
        asked = options.get(CONF_KIND) or list(self.kinds)
        lasting = {CONF_FOR: options.get(CONF_FOR, DEFAULT_FOR)}
        self._triggers = {
            kind: make(hass, TriggerConfig(key=config.key, target=config.target, options=lasting if lasts else {}))
            for kind, (make, lasts) in self.kinds.items()
            if kind in asked
        }

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        """Listen until the returned function is called."""
        detach: list[CALLBACK_TYPE] = []

        @callback
        def _async_detach() -> None:
            while detach:
                detach.pop()()

        for kind, trigger in self._triggers.items():
            found = partial(self._async_found, run_action, kind)
            detach.append(await trigger.async_attach_runner(cast("TriggerActionRunner", found), did_not_trigger))
        return _async_detach

    @callback
    def _async_found(
        self, run_action: TriggerActionRunner, kind: str, facts: dict[str, Any], *_: object, **__: object
    ) -> Any:
        description = f"{self.key.replace('_', ' ')} at {facts['terminal']}"
        return run_action({CONF_FOR: None, **facts, CONF_KIND: kind}, description)
