"""How long, how much and how often."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of one ledger; times are in seconds. The defaults are for real databases, tests shorten them."""

    # Another program that holds the database's lock for longer is no passing moment. Below `commit`, so that the cause
    # is told as it is.
    busy: float = 5.0
    # A terminal waits about 20 s for its acknowledgement before it gives up on the connection (field notes 1, silence).
    commit: float = 10.0
    # Lists of people and the checkpoint before a backup take longer than records; nobody stands at a door for them.
    chore: float = 60.0
    # A connection to a server in the same building takes milliseconds.
    connect: float = 5.0
    # The slowest question, a year of attendance over millions of records, takes a few seconds.
    read: float = 30.0
    # Home Assistant gives an integration 10 s to unload, and what it still has to write before may take half of it.
    close: float = 4.0
    # The first look whether the database is back, and the longest pause between two: a terminal that is not
    # acknowledged asks again every few seconds anyway.
    probe_first: float = 1.0
    probe_longest: float = 60.0
    # Rows that wait to be written: 100 terminals that each send two full frames.
    queued_rows: int = 10_000
    # Rows a transaction, so that the first of a long queue does not wait for the last.
    group_rows: int = 2_000
    # Rows a step of the retention: a few milliseconds, between which records are kept.
    purge_rows: int = 500


# Records a call; frames hold up to 50 (field notes 3), pages of a terminal's whole log up to 200 (field notes 1).
MAX_ENTRIES = 1_000
# Lines a list of people; the largest terminals hold 50,000 people, with a line a credential.
MAX_PEOPLE = 250_000
# People a transaction, so that records are kept between two parts of a long list.
PEOPLE_ROWS = 500
# Records a page; more would hold the event loop for longer than a few milliseconds when they are shown.
MAX_PAGE = 1_000
# Records a step of an export, which is what it holds in memory.
EXPORT_PAGE = 500
# Records a step of an export that gives rows: some ten milliseconds of a thread.
EXPORT_PART = 2_000
# Values a filter lists; every database takes that many parameters.
MAX_FILTER_VALUES = 1_000
# Days an attendance list covers: a year and the day it is asked on.
MAX_DAYS = 367
# What is kept of one terminal that was not understood: weeks of an office whose firmware writes its records in some
# other way, in about as much as 20,000 records take. Beyond that it is only counted, and told of.
MAX_UNREAD = 10_000
MAX_UNREAD_CHARACTERS = 4_000_000
# Such a frame at a time: one with 200 records. A longer one holds what is no record.
MAX_UNREAD_FRAME = 32_000
# Of these a step of reading them again: a few milliseconds of the event loop.
UNREAD_PAGE = 100
# Things of a house read at a time, between which others get their turn.
HOUSE_ROWS = 1_000
# Values a lookup asks for at a time; SQLite before 3.32 takes 999 parameters.
LOOKUP_VALUES = 400
# Threads that read. More would only wait for the same disk.
READERS = 2
