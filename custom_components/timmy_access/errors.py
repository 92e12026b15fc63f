"""One ladder from what a terminal did to what a person reads."""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .protocol.errors import (
    CommandInvalid,
    CommandRefused,
    CommandTimeout,
    CommandWithoutEffect,
    TerminalBusy,
    TerminalOffline,
)


@contextmanager
def translated_errors(terminal: str) -> Iterator[None]:
    """Turn protocol errors into translated Home Assistant errors that name the terminal or the field."""
    try:
        yield
    except CommandInvalid as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=err.problem.value,
            translation_placeholders={"field": err.field, **err.limits},
        ) from err
    except CommandRefused as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="command_refused",
            translation_placeholders={
                "terminal": terminal,
                "reason": err.message or str(err.reason),
            },
        ) from err
    except CommandWithoutEffect as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="command_without_effect",
            translation_placeholders={"terminal": terminal, "field": err.field, "value": str(err.value)},
        ) from err
    except CommandTimeout as err:
        raise _failure("command_timeout", terminal) from err
    except TerminalBusy as err:
        raise _failure("terminal_busy", terminal) from err
    except TerminalOffline as err:
        raise _failure("terminal_offline", terminal) from err


def _failure(key: str, terminal: str) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"terminal": terminal},
    )
