"""Texts for the screen of a terminal: one for each person, and a notice (specification B33, B34)."""

from dataclasses import dataclass, field
from typing import ClassVar

from ..kinds import Text, Whole
from ..wire import wire
from .base import Command, Reply
from .kinds import MAX_ENROLL_ID
from .people import UserWritten

# Who the text with this enroll id is for: everybody who looks at the screen (specification B33).
NOTICE_ID = 0
MAX_PROFILE_BYTES = 200

_PROFILE_ID = Whole(NOTICE_ID, MAX_ENROLL_ID)


@dataclass(frozen=True, kw_only=True)
class UserProfile(Reply):
    """The text a user sees when recognised, or the notice on the screen (specification B34)."""

    enroll_id: int | None = field(default=None, metadata=wire("enrollid", _PROFILE_ID))
    text: str | None = field(default=None, metadata=wire("record", Text(MAX_PROFILE_BYTES)))


@dataclass(frozen=True, kw_only=True)
class GetUserProfile(Command[UserProfile]):
    """Ask for the text of a user; enroll id 0 is the notice on the screen (specification B34)."""

    name: ClassVar[str] = "getuserprofile"
    reply: ClassVar[type[Reply]] = UserProfile
    repeatable: ClassVar[bool] = True

    enroll_id: int = field(metadata=wire("enrollid", _PROFILE_ID))


@dataclass(frozen=True, kw_only=True)
class SetUserProfile(Command[UserWritten]):
    """Write the text of a user, up to 200 bytes; enroll id 0 is the notice (specification B33)."""

    name: ClassVar[str] = "setuserprofile"
    reply: ClassVar[type[Reply]] = UserWritten

    enroll_id: int = field(metadata=wire("enrollid", _PROFILE_ID))
    profile: str = field(metadata=wire("profile", Text(MAX_PROFILE_BYTES)))
