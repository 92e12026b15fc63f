"""The numbers that pages for owners name are those of the code."""

import pytest

from custom_components.timmy_access.const import (
    AWAY_DELAY,
    KEEP_DAYS,
    LIVE_WINDOW,
    MAX_KEEP_DAYS,
    PHOTO_DAYS,
    PHOTO_MEGABYTES,
)
from custom_components.timmy_access.guests.calendars import AHEAD, REFRESH_INTERVAL
from custom_components.timmy_access.guests.passbook import MAX_PASSES, PIN_DIGITS
from custom_components.timmy_access.guests.tries import (
    CALM_SECONDS,
    FEWEST_WRONG,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MAX_TOLD,
    MAX_TOLD_IN_ALL,
    MAX_WRONG,
    TOLD_SECONDS,
    WRONG_SECONDS,
)
from custom_components.timmy_access.guests.unlock_code import LOCKED_OUT_SECONDS, MAX_WRONG_CODES
from custom_components.timmy_access.guests.verdicts import DECISION_WINDOW, MAX_DECISION_WINDOW, MAX_PENDING
from custom_components.timmy_access.house.looks import MAX_AT_ONCE
from custom_components.timmy_access.house.obstacles import TOLD_AFTER_TRIES
from custom_components.timmy_access.hub.house_issues import UNCONFIRMED
from custom_components.timmy_access.hub.pending import MAX_PENDING as MAX_WAITING
from custom_components.timmy_access.ledger.limits import MAX_PAGE
from custom_components.timmy_access.panel.board import HOURS_SHOWN
from custom_components.timmy_access.panel.importing import MAX_LETTERS
from custom_components.timmy_access.people.muster import LONGEST_MUSTER
from custom_components.timmy_access.people.roll_call import LONGEST_STAY
from custom_components.timmy_access.protocol.codec import MAX_ITEMS
from custom_components.timmy_access.protocol.commands.access import MAX_SECTIONS
from custom_components.timmy_access.protocol.exchange import DOOR_WRITE_SECONDS
from custom_components.timmy_access.records.allowance import RECORDS_A_DAY
from custom_components.timmy_access.records.photos import PHOTOS_AT_ONCE, PHOTOS_PER_SECOND, SENT_FOR, SHOWN_FOR
from custom_components.timmy_access.records.private_files import SIGNED_FOR
from custom_components.timmy_access.records.records import NEWS_AT_ONCE, NEWS_PER_SECOND
from custom_components.timmy_access.services.holds import MAX_DAYS
from custom_components.timmy_access.terminal.clock import PRESENT
from custom_components.timmy_access.terminal.contacts import CONTACT_KNOWN
from homeassistant.helpers.entity_platform import MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY
from scripts.docs import DOCS

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MINUTE, HOUR = 60, 3600


def word(number: float) -> str:
    """Return a small number as pages write it; raises `IndexError` for what is none."""
    assert number == int(number)
    return _WORDS[int(number)]


TOLD = {
    "LARGE.md": (f"Home Assistant takes {MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY:,} entities of one entry",),
    "access-log.md": (
        f"records, newest first, by person, day, kind or method; {MAX_PAGE:,} at a time",
        f"{PHOTO_DAYS} days and {PHOTO_MEGABYTES} MB at first",
        f"one in the panel works for {word(SHOWN_FOR.total_seconds() / MINUTE)} minutes",
        f"Of one terminal it is {PHOTOS_AT_ONCE} at once, and then one in {word(1 / PHOTOS_PER_SECOND)} seconds",
        f"after {RECORDS_A_DAY:,} new records in a day no more are taken",
        f"Records are kept for {word(KEEP_DAYS / 365)} years; *Configure* changes that (0: for ever)",
    ),
    "dashboard.md": (f"the lines of Activity of the last {HOURS_SHOWN} hours",),
    "emergencies.md": (f"for at most {MAX_DAYS} days",),
    "entities.md": (
        f"for {AWAY_DELAY} seconds (*Unavailable after* in the options; 0 turns it off)",
        f"waits for {word(DOOR_WRITE_SECONDS)} seconds at most, a door included, and then fails",
        f"An opening that cannot be sent within {word(DOOR_WRITE_SECONDS)} seconds of when you asked",
        f"the news window ({LIVE_WINDOW.total_seconds():.0f} seconds; *Reports act up to* in the options)",
        f"once the terminal has been away for {word(CONTACT_KNOWN.total_seconds() / MINUTE)} minutes",
    ),
    "guests.md": (
        f"every {word(REFRESH_INTERVAL.total_seconds() / MINUTE)} minutes, {word(AHEAD.days)} days ahead",
        (
            f"({word(DECISION_WINDOW)} seconds; *Change terminal* in the integration sets it, up to "
            f"{word(MAX_DECISION_WINDOW)})"
        ),
        f"answered within {word(PRESENT.total_seconds())} seconds of when it was made",
        f"a PIN has {word(PIN_DIGITS)} digits",
        f"After {word(MAX_WRONG)} wrong PINs within a minute",
        f"as few as {word(FEWEST_WRONG)}) no PIN opens there for a minute",
        f"about {word(MAX_TOLD)} times a minute, all such codes of a terminal together {MAX_TOLD_IN_ALL} times",
        f"{word(MAX_PENDING).capitalize()} people may wait for automations at one terminal at a time",
        f"{MAX_PASSES:,} passes per listener",
    ),
    "limitations.md": (
        f"Of more than {NEWS_AT_ONCE} punches at once, and then {NEWS_PER_SECOND:.0f} a second, at one terminal",
        f"They are read again every hour, of {MAX_AT_ONCE} people a minute",
        f"more than {MAX_ITEMS:,} records is not taken. More than {RECORDS_A_DAY:,} new records",
    ),
    "people.md": (
        f"A terminal holds {word(MAX_SECTIONS)} spans a day",
        f"a file of up to {word(MAX_LETTERS * 3 / 4 // 1_000_000)} megabytes",
        f"or it refused {word(TOLD_AFTER_TRIES)} times",
        f"counts as gone after {LONGEST_STAY.total_seconds() / HOUR:.0f} hours",
    ),
    "troubleshooting.md": (
        f"{MAX_WAITING} unknown terminals wait already",
        f"within {word(DOOR_WRITE_SECONDS)} seconds of when you asked, because the terminal",
    ),
    "voice.md": (
        f"After {word(MAX_WRONG_CODES)} wrong codes in {word(LOCKED_OUT_SECONDS / MINUTE)} minutes none",
        f"none is listened to for {word(LOCKED_OUT_SECONDS / MINUTE)} minutes",
    ),
}


@pytest.mark.parametrize("page", TOLD)
def test_a_page_names_the_numbers_of_the_code(page: str) -> None:
    text = " ".join((DOCS / page).read_text().split())
    assert [told for told in TOLD[page] if told not in text] == []


def test_what_pages_say_in_words_without_a_number_holds() -> None:
    """*A minute*, *an hour*, *a day*, *for ever*."""
    assert {WRONG_SECONDS, TOLD_SECONDS, FIRST_PAUSE} == {MINUTE}
    assert {LONGEST_PAUSE, CALM_SECONDS, SENT_FOR.total_seconds()} == {HOUR}
    assert {SIGNED_FOR.days, LONGEST_MUSTER.days, UNCONFIRMED.days} == {1}
    assert MAX_KEEP_DAYS > KEEP_DAYS
