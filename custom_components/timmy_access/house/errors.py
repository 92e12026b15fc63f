"""What can be wrong with what is wanted of the house."""

from collections.abc import Mapping
from enum import StrEnum


class Problem(StrEnum):
    """Why something cannot be; each is a translation key of the integration."""

    CARD_IN_USE = "house_card_in_use"
    COLUMN = "house_column"
    EMPTY = "house_empty"
    ENCODING = "house_encoding"
    ENDS_BEFORE = "house_ends_before"
    FORMULA = "house_formula"
    GROUP_NAME_IN_USE = "house_group_name_in_use"
    HOURS_ARE_OF_GROUPS = "house_hours_are_of_groups"
    HOURS_NOT_READ = "house_hours_not_read"
    HOURS_DO_NOT_FIT = "house_hours_do_not_fit"
    NAME_IN_USE = "house_name_in_use"
    NOT_A_DATE = "invalid_date"
    NOT_A_NUMBER = "invalid_number"
    NOT_A_TABLE = "house_not_a_table"
    NOT_A_TEXT = "invalid_text"
    NOT_KNOWN = "house_not_known"
    NUMBER_IN_USE = "house_number_in_use"
    NUMBER_NOT_FREE_YET = "house_number_not_free_yet"
    OUT_OF_RANGE = "out_of_range"
    PIN_BEGINS_WITH_ZERO = "pin_begins_with_zero"
    PIN_IN_USE = "house_pin_in_use"
    TOO_LONG = "text_too_long"
    TOO_MANY = "too_many"
    VAULT_CLOSED = "house_vault_closed"


class HouseInvalid(Exception):
    """Nothing has changed, because something cannot be as it was wanted."""

    def __init__(self, field: str, problem: Problem, placeholders: Mapping[str, str] | None = None) -> None:
        """Name the field as people know it, what is wrong, and what a text about it needs, such as `holder`."""
        self.field = field
        self.problem = problem
        self.placeholders = dict(placeholders or {})
        super().__init__(f"{field}: {problem}")


class HouseUnknown(Exception):
    """The house has not been read yet, as the database is away; nothing has changed."""


class HouseNotWritten(Exception):
    """Something is closed, and the database does not know it yet; `safe` tells whether it outlives a restart."""

    def __init__(self, *, safe: bool) -> None:
        """Remember whether it is on the disk."""
        super().__init__("closed and not written yet")
        self.safe = safe
