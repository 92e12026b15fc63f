"""What the numbers of a terminal's verify mode mean; fingerprint and face firmware have a table each."""

from collections.abc import Mapping

from ..protocol.commands.kinds import VERIFY_MODES
from ..protocol.enums import VerifyMethod
from ..protocol.messages import DeviceInfo
from .firmware import is_ai

# In the order in which they are shown: what the terminal does by itself, anything goes, one credential, either of
# several, two, three; within each from what is easily passed on to what is not.
_BY_STRENGTH = (
    "default",
    "any",
    "one_to_many",
    "password",
    "card",
    "id_card",
    "qr_code",
    "fingerprint",
    "palm",
    "face",
    "card_fingerprint_or_password",
    "face_and_card_or_password",
    "card_and_password",
    "password_and_fingerprint",
    "fingerprint_and_password",
    "card_and_fingerprint",
    "fingerprint_and_card",
    "palm_and_password",
    "card_and_palm",
    "face_and_password",
    "face_and_card",
    "fingerprint_and_palm",
    "fingerprint_and_face",
    "palm_and_face",
    "card_fingerprint_and_password",
)


def _ordered(table: Mapping[int, str]) -> Mapping[int, str]:
    return dict(sorted(table.items(), key=lambda item: _BY_STRENGTH.index(item[1])))


# Specification B17.
FINGERPRINT_TERMINALS: Mapping[int, str] = _ordered(
    {
        0: "card_fingerprint_or_password",
        1: "card_and_fingerprint",
        2: "password_and_fingerprint",
        3: "card_fingerprint_and_password",
        4: "card_and_password",
    }
)
# Specification B37.
FACE_TERMINALS: Mapping[int, str] = _ordered(
    {
        0: "default",
        **{method.value: method.name.lower() for method in VerifyMethod if method.value in VERIFY_MODES},
    }
)
# Every name that a mode may have.
ALL_VERIFY_MODES = tuple(sorted({*FINGERPRINT_TERMINALS.values(), *FACE_TERMINALS.values()}, key=_BY_STRENGTH.index))


def verify_modes(info: DeviceInfo) -> Mapping[int, str]:
    """Return the names of the numbers that the verify mode of a terminal may have."""
    return FACE_TERMINALS if is_ai(info) else FINGERPRINT_TERMINALS
