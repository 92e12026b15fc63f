"""What the numbers of settings mean that are a choice, the same on every terminal (specification B20)."""

from collections.abc import Mapping
from types import MappingProxyType


def _numbered(*words: str) -> Mapping[int, str]:
    return MappingProxyType(dict(enumerate(words)))


# By the field of `protocol.commands.AccessRules`; shown in this order: off first, then by strength.
CHOICES: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {
        "alarm_input": _numbered("off", "alarm_1", "alarm_2"),
        "anti_passback": _numbered("off", "inside", "outside"),
        "door_sensor": _numbered("none", "normally_closed", "normally_open"),
        "duress": MappingProxyType({0: "off", 2: "alarm", 3: "open", 1: "open_and_alarm"}),
        "wiegand_format": _numbered("bits_26", "bits_34"),
        "wiegand_output": _numbered("enroll_id", "one_and_enroll_id", "device_and_enroll_id"),
    }
)
# Who decides about a punch, of AI firmware (field notes 3, reply in server mode).
SERVER_APPROVAL: Mapping[int, str] = MappingProxyType({0: "off", 2: "if_connected", 1: "required"})
