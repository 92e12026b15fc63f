"""Why a terminal refused, out of its reason number and its words (field notes 5, reason codes)."""

from enum import StrEnum
import re

from .errors import CommandRefused

_HOLDER = re.compile(r"\bid\s*[=:]\s*(\d{1,12})\b", re.IGNORECASE)


class Refusal(StrEnum):
    """What a refusal means; each is a translation key of the integration after `refused_`."""

    ALREADY_ENROLLED = "already_enrolled"
    ENROLL_ID_IN_USE = "enroll_id_in_use"
    FACE_PARTIAL = "face_partial"
    FACE_TOO_LARGE = "face_too_large"
    FACE_TOO_SMALL = "face_too_small"
    NO_DATA = "no_data"
    NO_FACE = "no_face"
    NO_SPACE = "no_space"
    NO_USER = "no_user"
    PHOTO_POOR = "photo_poor"
    PHOTO_TOO_LARGE = "photo_too_large"
    SEVERAL_FACES = "several_faces"
    UNKNOWN_COMMAND = "unknown_command"


# Words of firmware, which say more than its numbers: those differ between commands and dialects.
_BY_WORDS: tuple[tuple[str, Refusal], ...] = (
    ("can not find this command", Refusal.UNKNOWN_COMMAND),
    ("can not find the user", Refusal.NO_USER),
    ("have no data", Refusal.NO_DATA),
    ("no space", Refusal.NO_SPACE),
    ("id already exists", Refusal.ENROLL_ID_IN_USE),
    ("is double", Refusal.ALREADY_ENROLLED),
    ("multi face", Refusal.SEVERAL_FACES),
    ("no face", Refusal.NO_FACE),
    ("too large", Refusal.PHOTO_TOO_LARGE),
)
_ADD_USER = {2: Refusal.ENROLL_ID_IN_USE, 3: Refusal.NO_SPACE}
# The table of photo enrolment; 3 is of the general one (field notes 5, reason codes).
_SET_USER = {
    3: Refusal.NO_SPACE,
    5: Refusal.NO_FACE,
    6: Refusal.SEVERAL_FACES,
    7: Refusal.PHOTO_TOO_LARGE,
    8: Refusal.FACE_TOO_LARGE,
    9: Refusal.FACE_TOO_SMALL,
    10: Refusal.PHOTO_POOR,
    11: Refusal.FACE_PARTIAL,
    12: Refusal.ALREADY_ENROLLED,
}
_BY_NUMBER: dict[str, dict[int, Refusal]] = {"adduser": _ADD_USER, "setuserinfo": _SET_USER}


def refusal_of(error: CommandRefused) -> Refusal | None:
    """Return what a refusal means; None where only the terminal's own number or words are left to show."""
    words = error.message.casefold()
    for part, refusal in _BY_WORDS:
        if part in words:
            return refusal
    if isinstance(error.reason, int):
        return _BY_NUMBER.get(error.command, {}).get(error.reason)
    return None


def holder_of(error: CommandRefused) -> int | None:
    """Return the enroll id that already has the credential, where the terminal names it: `face is double,id=1432`."""
    match = _HOLDER.search(error.message)
    return int(match[1]) if match else None
