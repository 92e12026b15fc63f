"""The tables as they are now; `migrations` says how they came to be so.

Times are microseconds since 1970 in UTC, but for `records.time`: seconds of the terminal's own naive local clock.
"""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, MetaData, String, Table, Text

from .columns import (
    COUNTED_TABLE,
    EXACT,
    TABLE,
    apart,
    counted,
    digest,
    exact,
    method,
    outcome,
    person_name,
    sealed,
    terminal,
    whole,
)

TABLES = MetaData()

META = Table(
    "meta",
    TABLES,
    Column("name", String(64), primary_key=True),
    Column("value", String(255), nullable=False),
    **TABLE,
)

# The row of `meta` with the name that a database gives itself when it is made.
IDENTITY = "identity"

TERMINALS = Table("terminals", TABLES, counted(), exact("serial", unique=True), **COUNTED_TABLE)

RECORDS = Table(
    "records",
    TABLES,
    counted(),
    terminal(),
    whole("time"),
    whole("enroll_id"),
    whole("mode"),
    whole("reader"),
    whole("event"),
    whole("verify_mode", empty=True),
    person_name(),
    Column("temperature", Float(53)),
    Column("extra", Text),
    whole("occurred_at"),
    whole("received_at"),
    Column("live", Boolean, nullable=False),
    apart(),
    *outcome(),
    method(),
    # The identity of a record; also finds what a terminal says happened at a time.
    Index("records_identity", "terminal_id", "time", "enroll_id", "mode", "reader", "event", "apart", unique=True),
    # Newest first: of everybody, of a terminal, of a person; also for retention, statistics and attendance.
    Index("records_occurred", "occurred_at"),
    Index("records_terminal", "terminal_id", "occurred_at"),
    # Where and how somebody was is looked up in the index alone; all rows of a person lie all over the table.
    Index("records_person", "enroll_id", "occurred_at", "id", "terminal_id", "method"),
    # What is rare at a terminal, or never was.
    Index("records_method", "terminal_id", "method", "occurred_at"),
    **COUNTED_TABLE,
)

PEOPLE = Table(
    "people",
    TABLES,
    terminal(primary=True),
    whole("enroll_id", primary=True),
    person_name(),
    whole("role", empty=True),
    Column("enabled", Boolean),
    Column("slots", String(255)),
    whole("updated_at"),
    **TABLE,
)

# The names that numbers had, each since a time; without a name the number was free from then on.
NAMES = Table(
    "names",
    TABLES,
    terminal(primary=True),
    whole("enroll_id", primary=True),
    whole("since", primary=True),
    person_name(),
    **TABLE,
)

# What was not understood, as it came but for secrets and photos; `kept_as` is the identity of the record that a part of
# it was kept as meanwhile, and arrived with it.
UNREAD = Table(
    "unread",
    TABLES,
    counted(),
    terminal(),
    digest("digest"),
    Column("word", String(64), nullable=False),
    Column("document", Text, nullable=False),
    Column("kept_as", String(255)),
    whole("received_at"),
    Index("unread_terminal", "terminal_id", "id"),
    **COUNTED_TABLE,
)

# How much of that there is, so that nobody counts it with each frame, and how much came for which there was no room.
UNREAD_TALLY = Table(
    "unread_tally",
    TABLES,
    terminal(primary=True),
    whole("kept"),
    whole("characters"),
    whole("left_out"),
    **TABLE,
)

PASSES = Table(
    "passes",
    TABLES,
    exact("id", primary=True),
    digest("code_hash"),
    person_name(),
    Column("document", Text, nullable=False),
    whole("revoked_at", empty=True),
    whole("created_at"),
    **TABLE,
)

PASS_USES = Table(
    "pass_uses",
    TABLES,
    counted(),
    Column("pass_id", EXACT, ForeignKey("passes.id"), nullable=False),
    terminal(),
    whole("door"),
    whole("used_at"),
    # One use is kept once; also finds the uses of a pass.
    Index("pass_uses_identity", "pass_id", "used_at", "terminal_id", "door", unique=True),
    **COUNTED_TABLE,
)

# What people have put right in the hours: with a record, that one does not count; without, a punch is added.
CORRECTIONS = Table(
    "corrections",
    TABLES,
    counted(),
    terminal(),
    whole("enroll_id"),
    person_name(),
    whole("occurred_at"),
    whole("record_id", empty=True),
    Column("way", String(8)),
    person_name("reason"),
    whole("made_at"),
    Column("made_by", EXACT),
    whole("removed_at", empty=True),
    Column("removed_by", EXACT),
    Index("corrections_terminal", "terminal_id", "occurred_at"),
    **COUNTED_TABLE,
)

# What a house holds. Each row is of one house, and nothing of a row is looked for but its key.
HOUSE_PEOPLE = Table(
    "house_people",
    TABLES,
    exact("house", primary=True),
    exact("person_id", primary=True),
    Column("document", Text, nullable=False),
    **TABLE,
)

HOUSE_GROUPS = Table(
    "house_groups",
    TABLES,
    exact("house", primary=True),
    exact("group_id", primary=True),
    Column("document", Text, nullable=False),
    **TABLE,
)

HOUSE_CREDENTIALS = Table(
    "house_credentials",
    TABLES,
    exact("house", primary=True),
    exact("person_id", primary=True),
    whole("slot", primary=True),
    Column("document", Text, nullable=False),
    sealed("sealed"),
    **TABLE,
)

PLACEMENTS = Table(
    "placements",
    TABLES,
    exact("house", primary=True),
    exact("serial", primary=True),
    whole("enroll_id", primary=True),
    Column("document", Text, nullable=False),
    **TABLE,
)

TOMBSTONES = Table(
    "tombstones",
    TABLES,
    exact("house", primary=True),
    exact("serial", primary=True),
    whole("enroll_id", primary=True),
    Column("document", Text, nullable=False),
    **TABLE,
)

HOUSE_TERMINALS = Table(
    "house_terminals",
    TABLES,
    exact("house", primary=True),
    exact("serial", primary=True),
    Column("document", Text, nullable=False),
    **TABLE,
)

HOUSE_CHANGES = Table(
    "house_changes",
    TABLES,
    counted(),
    exact("house"),
    Column("person_id", EXACT),
    whole("changed_at"),
    Column("document", Text, nullable=False),
    # Newest first: of a house, of a person; also for retention.
    Index("house_changes_house", "house", "id"),
    Index("house_changes_person", "house", "person_id", "id"),
    Index("house_changes_time", "house", "changed_at"),
    **COUNTED_TABLE,
)
