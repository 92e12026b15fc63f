"""What the numbers of a terminal's verify mode mean; fingerprint and face firmware have a table each."""

from collections.abc import Mapping

from ..protocol.commands.kinds import VERIFY_MODES
from ..protocol.enums import VerifyMethod
from ..protocol.messages import DeviceInfo
from .firmware import is_ai

# Specification B17.
FINGERPRINT_TERMINALS: Mapping[int, str] = {
    0: "card_fingerprint_or_password",
    1: "card_and_fingerprint",
    2: "password_and_fingerprint",
    3: "card_fingerprint_and_password",
    4: "card_and_password",
}
# Specification B37.
FACE_TERMINALS: Mapping[int, str] = {
    0: "default",
    **{method.value: method.name.lower() for method in VerifyMethod if method.value in VERIFY_MODES},
}
# Every name that a mode may have.
ALL_VERIFY_MODES = tuple(dict.fromkeys((*FINGERPRINT_TERMINALS.values(), *FACE_TERMINALS.values())))


def verify_modes(info: DeviceInfo) -> Mapping[int, str]:
    """Return the names of the numbers that the verify mode of a terminal may have."""
    return FACE_TERMINALS if is_ai(info) else FINGERPRINT_TERMINALS
