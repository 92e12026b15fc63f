"""What tells the hardware of one terminal from another that claims the same serial number."""

from dataclasses import dataclass, fields
from typing import Self

from .messages import Registration

# Serial numbers of processors seen in the field have 16 characters, MAC addresses 12.
MAX_FACT = 32


@dataclass(frozen=True, kw_only=True)
class HardwareFacts:
    """Facts of a registration, in small letters and digits only; None is not told.

    As a pin, "" is a fact that does not count. None of them is a secret, and prototypes share theirs: facts that agree
    prove nothing, facts that differ are another piece of hardware.
    """

    cpu_serial: str | None = None
    mac: str | None = None

    @classmethod
    def of(cls, registration: Registration) -> Self:
        """Return what a registration tells."""
        return cls(cpu_serial=_fact(registration.cpu_serial), mac=_fact(registration.info.mac))

    def contradicted_by(self, told: HardwareFacts) -> bool:
        """Return whether something that is pinned is told differently, or is not told any more."""
        return any(pin and pin != other for pin, other in _pairs(self, told))

    def completed_with(self, told: HardwareFacts) -> HardwareFacts:
        """Return these facts, and of the unknown ones what `told` knows."""
        return HardwareFacts(
            **{
                field.name: getattr(told, field.name) if (pin := getattr(self, field.name)) is None else pin
                for field in fields(HardwareFacts)
            }
        )

    def replaced_with(self, told: HardwareFacts) -> HardwareFacts:
        """Return pins that `told` does not contradict; what it tells no more counts no more."""
        return HardwareFacts(
            **{
                field.name: getattr(told, field.name) or (None if getattr(self, field.name) is None else "")
                for field in fields(HardwareFacts)
            }
        )


def _pairs(one: HardwareFacts, other: HardwareFacts) -> list[tuple[str | None, str | None]]:
    return [(getattr(one, field.name), getattr(other, field.name)) for field in fields(HardwareFacts)]


def _fact(text: str | None) -> str | None:
    """Return peer text as a fact. Hardware that is not ready yet tells nothing but zeros."""
    fact = "".join(char for char in (text or "").lower() if char.isascii() and char.isalnum())[:MAX_FACT]
    return fact if fact.strip("0") else None
