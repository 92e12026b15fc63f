"""What is to be remembered of the terminals of one listener besides their records."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from .told import Told, ToldTimes

VERSION = 1
# Changes come together, at night; a few seconds later they are one write.
SAVE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """How a terminal's own log compared with the ledger when both were last looked at.

    `deficit` is how many more records the terminal counts than the ledger has though everything was fetched: records
    that are equal in all that tells them apart, and old ones that were purged. It is negative where the terminal has
    lost what the ledger keeps. `day` is the day (`YYYY-MM-DD`, local)
    up to which everything was fetched.
    """

    deficit: int
    day: str


@dataclass(frozen=True, kw_only=True)
class KnownDatabase:
    """The database that records went into last: where it is, as far as that is shown, and what it calls itself."""

    name: str
    identity: str


@dataclass(frozen=True, kw_only=True)
class Seam:
    """Up to when accesses were counted in the database before this one, and what was written of that hour by then.

    `written` is by statistic.
    """

    at: datetime
    written: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Silence:
    """How often a question was asked in vain, and on which day (`YYYY-MM-DD`, UTC) last."""

    times: int
    day: str


@dataclass(frozen=True, kw_only=True)
class Answering:
    """Which questions a terminal with some version of its firmware has answered, and which it never has."""

    firmware: str
    answered: frozenset[str] = frozenset()
    unanswered: Mapping[str, Silence] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """A terminal that takes the place of another, from when somebody said so until all files have it.

    `data` is what is kept in the subentry of the new one: its doors, and its hardware. `address` is where it waited.
    `names` are those of the people who are linked to persons, by enroll id.
    """

    subentry_id: str
    old: str
    new: str
    address: str
    data: Mapping[str, Any]
    names: Mapping[int, str]


@dataclass(frozen=True, kw_only=True)
class StricterMode:
    """A verify mode that is stricter for a time.

    `mode` is its name as it was asked for, None for the usual one. `before` and `wanted` are numbers of the terminal;
    both are None until it could be asked. `ends` is set when it is to be as before again; `waits` while the terminal
    has not confirmed that.
    """

    mode: str | None
    before: int | None
    wanted: int | None
    ends: bool = False
    waits: bool = False


class TerminalStore:
    """A small file in Home Assistant's storage."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Belong to a listener."""
        self._store: Store[dict[str, Any]] = Store(
            hass, VERSION, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True
        )
        self._reconciled: dict[str, Reconciled] = {}
        self._links: dict[str, dict[int, str]] = {}
        self._homes: dict[str, str] = {}
        self.home_addresses: frozenset[str] = frozenset()
        self._paused: dict[str, dict[int, str]] = {}
        self._answering: dict[str, Answering] = {}
        self._stricter: dict[str, StricterMode] = {}
        self._told: dict[str, tuple[Told, ...]] = {}
        # All that were terminals of this listener, and since when they are none any more; None for those that are.
        self._ours: dict[str, datetime | None] = {}
        self.database: KnownDatabase | None = None
        self._counted = 0
        self._counted_in = ""
        self._counted_until: datetime | None = None
        self.seam: Seam | None = None
        self.replacement: Replacement | None = None
        self._unsaved = False

    async def async_load(self) -> None:
        """Read the file, if there is one."""
        stored = await self._store.async_load() or {}
        self._reconciled = {serial: Reconciled(**values) for serial, values in stored.get("reconciled", {}).items()}
        self._links = {
            serial: {int(enroll_id): entry_id for enroll_id, entry_id in links.items()}
            for serial, links in stored.get("links", {}).items()
        }
        self._homes = dict(stored.get("homes", {}))
        self.home_addresses = frozenset(self._homes.values())
        self._paused = {
            serial: {int(enroll_id): name for enroll_id, name in names.items()}
            for serial, names in stored.get("paused_links", {}).items()
        }
        self._answering = {
            serial: Answering(
                firmware=values["firmware"],
                answered=frozenset(values["answered"]),
                unanswered={question: Silence(**silence) for question, silence in values["unanswered"].items()},
            )
            for serial, values in stored.get("answering", {}).items()
        }
        self._stricter = {serial: StricterMode(**values) for serial, values in stored.get("stricter", {}).items()}
        self._told = {
            serial: tuple(Told(datetime.fromisoformat(since), timedelta(seconds=ahead)) for since, ahead in told)
            for serial, told in stored.get("told", {}).items()
        }
        # A file that does not say which were ours tells it by what else it knows of them.
        ours = stored.get("ours", dict.fromkeys((*self._reconciled, *self._answering, *self._homes, *self._links)))
        self._ours = {serial: left and dt_util.parse_datetime(left) for serial, left in ours.items()}
        database = stored.get("database")
        self.database = database and KnownDatabase(**database)
        self._counted = stored.get("counted", 0)
        self._counted_in = stored.get("counted_in", "")
        until = stored.get("counted_until")
        self._counted_until = until and dt_util.parse_datetime(until)
        if (seam := stored.get("seam")) and (at := dt_util.parse_datetime(seam["at"])):
            self.seam = Seam(at=at, written=seam["written"])
        if begun := stored.get("replacement"):
            names = {int(enroll_id): name for enroll_id, name in begun["names"].items()}
            self.replacement = Replacement(**{**begun, "names": names})

    async def async_stop(self) -> None:
        """Write what still waits, so that nothing comes after the file has been deleted."""
        if self._unsaved:
            await self._store.async_save(self._data())

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    def reconciled(self, serial: str) -> Reconciled | None:
        """Return what is known of a terminal's log."""
        return self._reconciled.get(serial)

    @callback
    def async_remember(self, serial: str, reconciled: Reconciled) -> None:
        """Remember it, over restarts too."""
        self._reconciled[serial] = reconciled
        self._async_save_soon()

    @property
    def left(self) -> Mapping[str, datetime]:
        """When terminals that were this listener's were seen to be so no more, by serial number."""
        return {serial: left for serial, left in self._ours.items() if left is not None}

    @callback
    def async_note_ours(self, serials: Collection[str]) -> None:
        """Note which terminals are this listener's now; others that were have left."""
        left = dt_util.utcnow()
        ours = {serial: known or left for serial, known in self._ours.items()} | dict.fromkeys(serials)
        if ours != self._ours:
            self._ours = ours
            self._async_save_soon()

    @callback
    def async_forget_left(self, serial: str) -> None:
        """Forget that a terminal was this listener's."""
        if self._ours.pop(serial, None) is not None:
            self._async_save_soon()

    @property
    def counted(self) -> int:
        """The id of the last record that is in the statistics; 0 for none."""
        return self._counted

    @property
    def counted_in(self) -> str:
        """The identity of the database which that record is in; empty where it is not known."""
        return self._counted_in

    @property
    def counted_until(self) -> datetime | None:
        """The time up to which everything is in the statistics; None where it is not known."""
        return self._counted_until

    @callback
    def async_remember_counted(self, record_id: int, identity: str, until: datetime) -> None:
        """Remember up to which record of which database the statistics go, and up to which time."""
        self._counted, self._counted_in, self._counted_until = record_id, identity, until
        self._async_save_soon()

    async def async_keep_seam(self, seam: Seam) -> None:
        """Have it on the disk, before anything is counted in another database."""
        self.seam = seam
        await self._store.async_save(self._data())

    def stricter(self, serial: str) -> StricterMode | None:
        """Return for what a terminal asks for a time, and what was before."""
        return self._stricter.get(serial)

    async def async_keep_stricter(self, serial: str, mode: StricterMode | None) -> None:
        """Have it on the disk what was before, or that nothing is stricter any more."""
        if self._stricter.get(serial) == mode:
            return
        if mode is None:
            self._stricter.pop(serial, None)
        else:
            self._stricter[serial] = mode
        await self._store.async_save(self._data())

    def told_times(self, serial: str) -> ToldTimes:
        """Return what a terminal's clock goes by, which is remembered over restarts."""

        def _remember(told: Sequence[Told]) -> None:
            self._told[serial] = tuple(told)
            self._async_save_soon()

        return ToldTimes(lambda: self._told.get(serial, ()), _remember)

    def answering(self, serial: str) -> Answering | None:
        """Return which questions a terminal answers, as far as that is known."""
        return self._answering.get(serial)

    @callback
    def async_remember_answering(self, serial: str, answering: Answering) -> None:
        """Remember which questions a terminal answers."""
        self._answering[serial] = answering
        self._async_save_soon()

    @callback
    def async_remember_database(self, database: KnownDatabase) -> None:
        """Remember which database records go into."""
        self.database = database
        self._async_save_soon()

    @callback
    def _async_save_soon(self) -> None:
        self._unsaved = True
        self._store.async_delay_save(self._data, SAVE_SECONDS)

    @property
    def homes(self) -> Mapping[str, str]:
        """Where terminals are at home: addresses by serial number."""
        return self._homes

    @callback
    def async_remember_home(self, serial: str, address: str | None) -> None:
        """Remember where a terminal is at home; None for nowhere any more."""
        if address is None:
            self._homes.pop(serial, None)
        else:
            self._homes[serial] = address
        self.home_addresses = frozenset(self._homes.values())
        self._async_save_soon()

    def links(self, serial: str) -> Mapping[int, str]:
        """Return which people of a terminal are which entries of the entity registry."""
        return self._links.get(serial, {})

    @callback
    def async_link(self, serial: str, enroll_id: int, entry_id: str) -> None:
        """Remember that somebody is a person."""
        self._links.setdefault(serial, {})[enroll_id] = entry_id
        self._paused.get(serial, {}).pop(enroll_id, None)
        self._async_save_soon()

    def paused(self, serial: str) -> Mapping[int, str]:
        """Return which links pause, and the name that each goes on with."""
        return self._paused.get(serial, {})

    @callback
    def async_pause(self, serial: str, names: Mapping[int, str]) -> None:
        """Remember that some people are not there at present."""
        if names:
            self._paused.setdefault(serial, {}).update(names)
            self._async_save_soon()

    @callback
    def async_resume(self, serial: str, enroll_ids: Iterable[int]) -> None:
        """Remember that some people are there again."""
        paused = self._paused.get(serial, {})
        back = paused.keys() & set(enroll_ids)
        for enroll_id in back:
            del paused[enroll_id]
        if back:
            self._async_save_soon()

    @callback
    def async_unlink(self, serial: str, enroll_ids: Iterable[int]) -> None:
        """Forget who some people are."""
        links = self._links.get(serial, {})
        gone = links.keys() & set(enroll_ids)
        for enroll_id in gone:
            del links[enroll_id]
            self._paused.get(serial, {}).pop(enroll_id, None)
        if gone:
            self._async_save_soon()

    async def async_plan(self, replacement: Replacement | None) -> None:
        """Have it on the disk that a terminal is to take the place of another, or that none is any more."""
        if self.replacement == replacement:
            return
        self.replacement = replacement
        await self._store.async_save(self._data())

    @callback
    def async_replace(self, replacement: Replacement) -> None:
        """Know of the new terminal where it is, who its people are once they are on it, and what it is to ask them for.

        Whatever else is known of the old one is not true of it. A second time nothing changes.
        """
        old, new = replacement.old, replacement.new
        if (links := self._links.pop(old, None)) is not None:
            self._links[new] = links
            names = {enroll_id: replacement.names.get(enroll_id, "") for enroll_id in links}
            self._paused[new] = names | self._paused.pop(old, {})
        held = self._stricter.pop(old, None)
        if held is not None and not held.ends:
            # What it was asked for goes on; the numbers are those of another machine.
            own = self._stricter.get(new, StricterMode(mode=None, before=None, wanted=None))
            self._stricter[new] = replace(own, mode=held.mode, ends=False, waits=True)
        for known in (self._reconciled, self._answering, self._told):
            for serial in (old, new) if old in known else ():
                known.pop(serial, None)
        if old in self._homes or new not in self._homes:
            self._homes.pop(old, None)
            self._homes[new] = replacement.address
        self.home_addresses = frozenset(self._homes.values())
        self._async_save_soon()

    def _data(self) -> dict[str, Any]:
        self._unsaved = False
        return {
            "reconciled": {serial: asdict(reconciled) for serial, reconciled in self._reconciled.items()},
            "links": {
                serial: {str(enroll_id): entry_id for enroll_id, entry_id in links.items()}
                for serial, links in self._links.items()
            },
            "homes": dict(self._homes),
            "paused_links": {
                serial: {str(enroll_id): name for enroll_id, name in names.items()}
                for serial, names in self._paused.items()
                if names
            },
            "answering": {
                serial: {**asdict(known), "answered": sorted(known.answered)}
                for serial, known in self._answering.items()
            },
            "stricter": {serial: asdict(mode) for serial, mode in self._stricter.items()},
            "told": {
                serial: [(one.since.isoformat(), one.ahead.total_seconds()) for one in told]
                for serial, told in self._told.items()
            },
            "ours": {serial: left and left.isoformat() for serial, left in self._ours.items()},
            "database": self.database and asdict(self.database),
            "counted": self._counted,
            "counted_in": self._counted_in,
            "counted_until": self._counted_until and self._counted_until.isoformat(),
            "seam": self.seam and {"at": self.seam.at.isoformat(), "written": dict(self.seam.written)},
            "replacement": self.replacement and asdict(self.replacement),
        }
