"""One sentence that was said to Assist, and the words to answer it with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from .sentences import Phrasebook


@dataclass(frozen=True, kw_only=True)
class Speech:
    """What was said, who said it as far as Home Assistant knows, and in which language to answer."""

    hass: HomeAssistant
    phrasebook: Phrasebook
    text: str
    context: Context
    language: str

    @classmethod
    def of(cls, hass: HomeAssistant, phrasebook: Phrasebook, trigger: Mapping[str, Any]) -> Self:
        """Return the sentence of a trigger of Home Assistant's."""
        said = trigger["user_input"]
        context = said["context"]
        return cls(
            hass=hass,
            phrasebook=phrasebook,
            text=said["text"],
            context=Context(user_id=context["user_id"], parent_id=context["parent_id"], id=context["id"]),
            language=phrasebook.language(said["language"] or hass.config.language),
        )

    async def async_answer(self, key: str, **placeholders: str) -> str:
        """Return a text in the language of the sentence."""
        texts = await async_get_translations(self.hass, self.language, "common", {DOMAIN})
        return texts[f"component.{DOMAIN}.common.assist_{key}"].format(**placeholders)

    async def async_error(self, err: HomeAssistantError, otherwise: str) -> str:
        """Return an error in the language of the sentence, or another text where it has no words in ours."""
        if err.translation_domain != DOMAIN or err.translation_key is None:
            return otherwise
        texts = await async_get_translations(self.hass, self.language, "exceptions", {DOMAIN})
        said = texts.get(f"component.{DOMAIN}.exceptions.{err.translation_key}.message", otherwise)
        return said.format(**(err.translation_placeholders or {}))
