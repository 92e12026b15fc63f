"""The fields that several actions share, and the words people choose from."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import voluptuous as vol

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .protocol.enums import CREDENTIAL_SLOTS, Credential, DoorControl, Role, VerifyMethod

type Fields = Mapping[vol.Marker, Any]

ATTR_CARD = "card"
ATTR_CONFIRM = "confirm"
ATTR_CREDENTIAL = "credential"
ATTR_DOOR = "door"
ATTR_ENROLL_ID = "enroll_id"
ATTR_INCLUDE_SECRETS = "include_secrets"
ATTR_INDEX = "index"
ATTR_NAME = "name"
ATTR_PASSWORD = "password"  # noqa: S105 - a field, not a secret
ATTR_PHOTO_ENTITY = "photo_entity"
ATTR_PHOTO_FILE = "photo_file"
ATTR_PHOTO_MEDIA = "photo_media"
ATTR_ROLE = "role"
ATTR_VALUE = "value"

# First slot of each kind of credential; further ones of the kind follow it (specification, note 4).
FIRST_SLOTS: Mapping[str, int] = {
    kind.name.lower(): kind.value for kind in Credential if kind is not Credential.UNKNOWN
}
ROLES: Mapping[str, int] = {role.name.lower(): role.value for role in Role if role is not Role.UNKNOWN}
VERIFY_MODES: Mapping[str, int] = {
    "default": 0,
    **{
        method.name.lower(): method.value
        for method in VerifyMethod
        if 0 < method.value <= VerifyMethod.PALM_AND_PASSWORD
    },
}
DOOR_FUNCTIONS: Mapping[str, DoorControl] = {
    function.name.lower(): function for function in DoorControl if function is not DoorControl.UNKNOWN
}


# Years of which every day has a beginning and an end, in every zone; a time beyond breaks whoever shows it elsewhere.
FIRST_YEAR, LAST_YEAR = 1970, 9000
# More digits than any number has that a terminal takes.
MAX_DIGITS = 32


class FieldInvalid(vol.Invalid):
    """A value that a field does not take; `key` is the translation of why, and `facts` are what that text needs."""

    def __init__(self, key: str, **facts: str) -> None:
        """Say why."""
        super().__init__(key)
        self.key = key
        self.facts = facts


def one_of(words: Iterable[str]) -> Any:
    """Return a validator for one of some words."""
    known = tuple(words)

    def _check(value: Any) -> str:
        if value not in known:
            raise FieldInvalid("invalid_choice", choices=", ".join(known))
        return str(value)

    return _check


def entity_of(*domains: str) -> Any:
    """Return a validator for the id of an entity of some domains."""
    is_one = cv.entity_domain(list(domains))

    def _check(value: Any) -> str:
        if not isinstance(value, str):  # Home Assistant's validator breaks on what is no text
            raise vol.Invalid("no entity id")
        return str(is_one(value))

    return _check


def word(words: Mapping[str, Any]) -> Any:
    """Return a validator that turns one of the words into its value."""
    return vol.All(one_of(words), words.__getitem__)


def or_none(validator: Callable[[Any], Any]) -> Any:
    """Return a validator that also takes nothing, which is not the same as a field that is left out."""
    return lambda value: None if value is None else validator(value)


def local_time(value: Any) -> datetime:
    """Return a time as terminals take it: naive, in the zone of Home Assistant."""
    moment = _moment(value)
    return dt_util.as_local(_of_our_time(moment)).replace(tzinfo=None) if moment.tzinfo else moment


def _moment(value: Any) -> datetime:
    if isinstance(value, str) and not value.isascii():  # half a character ends the process in the C of ciso8601
        raise FieldInvalid("invalid_date")
    try:
        moment: datetime = cv.datetime(value)
    except vol.Invalid, TypeError, ValueError:
        raise FieldInvalid("invalid_date") from None
    return moment


def instant(value: Any) -> datetime:
    """Return an aware time; one without a zone is local."""
    moment = _of_our_time(_moment(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=dt_util.get_default_time_zone())


def day(value: Any) -> date:
    """Return a day."""
    found: date = cv.date(value)
    return _of_our_time(found.date() if isinstance(found, datetime) else found)


def _of_our_time[D: date](moment: D) -> D:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise FieldInvalid("out_of_range", low=f"{FIRST_YEAR}-01-01", high=f"{LAST_YEAR}-12-31")
    return moment


def within_our_time(told: datetime) -> datetime:
    """Return a terminal's date, or the nearest that fields take: its menu takes any."""
    first, last = datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR, 12, 31, 23, 59, 59)  # noqa: DTZ001 - as told
    return min(max(told.replace(tzinfo=None), first), last)


def duration(value: Any) -> timedelta:
    """Return a length of time, not below 0; Home Assistant's own check lets an overflow through."""
    try:
        length: timedelta = cv.positive_time_period(value)
    except OverflowError as err:
        raise vol.Invalid(str(err)) from None
    return length


def digits(value: Any) -> int:
    """Return a number that people write as digits, such as a card number."""
    text = "" if isinstance(value, dict | list | None) else str(value).strip()
    if not text.isascii() or not text.isdigit():
        raise FieldInvalid("invalid_digits")
    if len(text) > MAX_DIGITS:
        raise FieldInvalid("value_too_long")
    return int(text)


def pin(value: Any) -> int:
    """Return a PIN; terminals hold it as a number, so that one with a zero in front would become another one."""
    number = digits(value)
    if cv.string(value).strip() != str(number):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="pin_begins_with_zero")
    return number


def yes_or_no(value: Any) -> bool:
    """Return what a switch, or a word for it, says.

    Of numbers only 0 and 1 say anything: what a template has counted, or what is none, opens and deletes nothing.
    """
    if isinstance(value, int | float) and value not in (0, 1):
        raise FieldInvalid("invalid_truth")
    try:
        said: bool = cv.boolean(value)
    except vol.Invalid:
        raise FieldInvalid("invalid_truth") from None
    return said


def whole(value: Any) -> int:
    """Return a whole number, from a number selector too; no rounding."""
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise FieldInvalid("invalid_number")
    try:
        return int(value)
    except TypeError, ValueError:
        raise FieldInvalid("invalid_number") from None


def whole_within(low: int, high: int) -> Any:
    """Return a validator for a whole number between two, both included."""

    def _check(value: Any) -> int:
        if not low <= (number := whole(value)) <= high:
            raise FieldInvalid("out_of_range", low=str(low), high=str(high))
        return number

    return _check


def slot_of(credential: str, index: int) -> int | None:
    """Return the `backupnum` of a credential and its index in the kind; None when there is no such index."""
    kind = Credential[credential.upper()]
    slot = FIRST_SLOTS[credential] + index
    return slot if slot in CREDENTIAL_SLOTS[kind] else None


def credential_name(slot: int) -> str:
    """Return how a slot is called in responses: `card`, `fingerprint_2`."""
    kind = Credential.of(slot)
    name = kind.name.lower()
    return name if len(CREDENTIAL_SLOTS.get(kind, ())) <= 1 else f"{name}_{slot - kind.value}"


ENROLL_ID: Fields = {vol.Required(ATTR_ENROLL_ID): whole}
CONFIRM: Fields = {vol.Required(ATTR_CONFIRM): yes_or_no}
PHOTO: Fields = {
    vol.Exclusive(ATTR_PHOTO_ENTITY, "photo"): entity_of("camera", "image"),
    vol.Exclusive(ATTR_PHOTO_FILE, "photo"): cv.string,
    # A media selector gives more than the id; the id is what counts.
    vol.Exclusive(ATTR_PHOTO_MEDIA, "photo"): vol.Any(
        cv.string, vol.Schema({vol.Required("media_content_id"): cv.string}, extra=vol.ALLOW_EXTRA)
    ),
}
