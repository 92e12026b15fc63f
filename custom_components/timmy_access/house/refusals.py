"""From what a house cannot be to what a person reads."""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN
from .errors import HouseInvalid, HouseNotWritten, HouseUnknown


@contextmanager
def translated_refusals() -> Iterator[None]:
    """Turn the errors of the house into translated Home Assistant errors that name the field."""
    try:
        yield
    except HouseInvalid as err:
        raise refusal(err) from err
    except HouseUnknown as err:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="house_unknown") from err
    except HouseNotWritten as err:
        key = "house_closed_not_written" if err.safe else "house_closed_not_safe"
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key=key) from err


def refusal(error: HouseInvalid) -> ServiceValidationError:
    """Return the translated error for something that cannot be."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=error.problem.value,
        translation_placeholders={"field": error.field, **error.placeholders},
    )
