"""What the numbers of a terminal's verify mode mean; fingerprint and face firmware have a table each."""

from collections.abc import Mapping

from .protocol.commands.kinds import VERIFY_MODES
from .protocol.enums import VerifyMethod
from .protocol.messages import DeviceInfo

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
# How the names of face firmware and of its models begin: AiFace, AiF43V_v4.50, ai518_f40v_v2.17 (field notes 2).
_FACE_NAMES = ("ai",)


def verify_modes(info: DeviceInfo) -> Mapping[int, str]:
    """Return the names of the numbers that the verify mode of a terminal may have."""
    is_face = any((name or "").lower().startswith(_FACE_NAMES) for name in (info.firmware, info.model))
    return FACE_TERMINALS if is_face else FINGERPRINT_TERMINALS
