"""The kinds of columns, alike in every database."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Computed, ForeignKey, Integer, LargeBinary, String, text
from sqlalchemy.dialects.mysql import MEDIUMBLOB, VARBINARY, VARCHAR

from .values import MAX_KEY, MAX_NAME

# Bytes of a hash; SHA-512 has 64.
MAX_HASH = 64
# The words for who decided about a punch are ours, and short.
MAX_DECIDER = 16

# What `records.method` says of a door event, which nobody's identity is verified for; no terminal has such a number.
DOOR_METHOD = -2

# SQLite counts by itself only in a column of this very name.
_KEY = BigInteger().with_variant(Integer, "sqlite")
# Serial numbers and ids that differ in case are different ones.
EXACT = String(MAX_KEY).with_variant(VARCHAR(MAX_KEY, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")
# A column without a length cannot be unique in MariaDB.
_HASH = LargeBinary(MAX_HASH).with_variant(VARBINARY(MAX_HASH), "mysql", "mariadb")

# Longer than the 64 KiB of MariaDB's usual column.
_BYTES = LargeBinary().with_variant(MEDIUMBLOB(), "mysql", "mariadb")

# MariaDB: transactions, and every character there is.
TABLE: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}
# SQLite: the id of a deleted row is never given again.
COUNTED_TABLE: dict[str, Any] = {**TABLE, "sqlite_autoincrement": True}


def counted() -> Column[int]:
    """Return the primary key that the database counts up."""
    return Column("id", _KEY, primary_key=True, autoincrement=True)


def whole(name: str, *, empty: bool = False, primary: bool = False) -> Column[int]:
    """Return a column of whole numbers of 64 bits."""
    return Column(name, BigInteger, nullable=empty, primary_key=primary, autoincrement=False)


def exact(name: str, *, primary: bool = False, unique: bool = False) -> Column[str]:
    """Return a column of serial numbers or ids."""
    return Column(name, EXACT, nullable=False, primary_key=primary, unique=unique)


def person_name(name: str = "name") -> Column[str]:
    """Return a column of people's names, which may be empty."""
    return Column(name, String(MAX_NAME))


def digest(name: str) -> Column[bytes]:
    """Return a column of hashes that are all different."""
    return Column(name, _HASH, nullable=False, unique=True)


def apart() -> Column[int]:
    """Return the column of the number that tells a record from others where its time does not; 0 for most."""
    return Column("apart", BigInteger, nullable=False, server_default=text("0"))


def method() -> Column[int]:
    """Return the column of how somebody was verified, which the database makes of others, so that it can be looked up.

    It is `verify_mode` where a record has one, else its mode; and `DOOR_METHOD` for a door event.
    """
    said = (
        f"CASE WHEN enroll_id = 0 THEN {DOOR_METHOD} "
        "WHEN verify_mode IS NULL OR verify_mode = 0 THEN mode ELSE verify_mode END"
    )
    return Column("method", BigInteger, Computed(said))


def outcome() -> tuple[Column[bool], Column[str]]:
    """Return the columns of what became of a punch, which are empty where that is not known."""
    return Column("granted", Boolean), Column("decided_by", String(MAX_DECIDER))


def sealed(name: str) -> Column[bytes]:
    """Return a column of some hundred kilobytes that only their owner can read, which may be empty."""
    return Column(name, _BYTES)


def terminal(*, primary: bool = False) -> Column[int]:
    """Return the column that says which terminal a row belongs to."""
    return Column(
        "terminal_id", _KEY, ForeignKey("terminals.id"), nullable=False, primary_key=primary, autoincrement=False
    )
