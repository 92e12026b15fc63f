"""Repair issues about the house: what terminals do not take, what is different, and who may still get in."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..const import PANEL_URL_PATH
from ..house.house import House
from ..house.obstacles import Obstacle
from ..issues import DATA_SERIAL, async_clear, async_raise
from .house_watch import HouseCounts, HouseWatch

# A removal that a terminal has not confirmed for so long is told of: one that is restarted or moved is back by then.
UNCONFIRMED = timedelta(days=1)
# As many are named; more are a list that nobody reads in a dialog.
MAX_NAMED = 10
MORE = "…"

NOT_REMOVED = "house_not_removed"
DIFFERENCES = "house_differences"
# Where the owner decides.
_PAGE = f"homeassistant://{PANEL_URL_PATH}/differences"
HOURS_GONE = "house_hours_gone"
WAS_RESET = "house_was_reset"
OBSTACLES: Mapping[Obstacle, str] = {obstacle: f"house_{obstacle.value}" for obstacle in Obstacle}
# One for the whole house, as they are alike; the terminals are in the text.
HOUSE_KINDS = (NOT_REMOVED, DIFFERENCES, HOURS_GONE, *OBSTACLES.values())


class HouseIssues:
    """Shows what the owner has to see to; each issue ends by itself. While the house is not known nothing changes."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        house: House,
        watch: HouseWatch,
        names: Callable[[], Mapping[str, str]],
    ) -> None:
        """Follow a watch; `names` are those of the approved terminals, by serial number."""
        self._hass = hass
        self._entry_id = entry_id
        self._house = house
        self._watch = watch
        self._names = names
        self._reset: frozenset[str] = frozenset()
        self._cancel: CALLBACK_TYPE | None = None
        self._unsubscribe: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Show what the next look finds."""
        self._unsubscribe = self._watch.async_subscribe(self._async_look)

    @callback
    def async_stop(self, *, clear: bool) -> None:
        """Stop following, and take the issues back unless they are to wait for the next start."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._async_cancel()
        if clear:
            self._async_show_reset(frozenset())
            for kind in HOUSE_KINDS:
                async_clear(self._hass, kind, self._entry_id)

    @callback
    def _async_cancel(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _async_look(self) -> None:
        if (counts := self._watch.counts) is None:
            return
        self._async_show_not_removed()
        self._async_show_hours_gone()
        self._async_show_counts(counts)
        self._async_show_reset(frozenset(it for it, terminal in counts.terminals.items() if terminal.was_reset))

    @callback
    def _async_show_not_removed(self) -> None:
        """Tell who may still get in where, and look again when the next one is due."""
        self._async_cancel()
        names, now = self._names(), dt_util.utcnow()
        late: dict[str, tuple[str, list[str]]] = {}
        soonest: timedelta | None = None
        for stone in sorted(self._house.household.tombstones.values(), key=lambda it: it.removed_at):
            if stone.serial not in names:
                continue
            if (left := stone.removed_at + UNCONFIRMED - now) > timedelta():
                soonest = left
                break
            # Whom the house never knew has no id of their own.
            key = stone.person_id or f"{stone.serial} {stone.enroll_id}"
            late.setdefault(key, (stone.name or str(stone.enroll_id), []))[1].append(names[stone.serial])
        people = [f"{name} ({', '.join(sorted(terminals))})" for name, terminals in late.values()]
        self._async_show(NOT_REMOVED, {"count": str(len(people)), "people": _listed(people)} if people else None)
        if soonest is not None:
            self._cancel = async_call_later(
                self._hass, soonest, HassJob(self._async_due, "removals not confirmed", cancel_on_shutdown=True)
            )

    @callback
    def _async_show_hours_gone(self) -> None:
        """Tell which groups let nobody in because there is no schedule helper any more."""
        gone = self._house.hours.gone
        groups = sorted(
            group.name
            for group in self._house.household.groups.values()
            if any(rule.schedule in gone for rule in group.rules)
        )
        self._async_show(HOURS_GONE, {"groups": _listed(groups)} if groups else None)

    @callback
    def _async_due(self, _: object) -> None:
        self._cancel = None
        if self._house.keeper.is_known:
            self._async_show_not_removed()

    @callback
    def _async_show_counts(self, counts: HouseCounts) -> None:
        terminals = counts.terminals.items()
        self._async_show_terminals(
            DIFFERENCES, {serial: 0 if it.was_reset else it.differences for serial, it in terminals}
        )
        for obstacle, kind in OBSTACLES.items():
            self._async_show_terminals(kind, {serial: it.obstacles.get(obstacle, 0) for serial, it in terminals})

    @callback
    def _async_show_terminals(self, kind: str, numbers: Mapping[str, int]) -> None:
        names = self._names()
        found = sorted((names[serial], number) for serial, number in numbers.items() if number and serial in names)
        placeholders = {
            "count": str(sum(number for _, number in found)),
            "terminals": _listed(f"{name} ({number})" for name, number in found),
        }
        self._async_show(kind, placeholders if found else None)

    @callback
    def _async_show(self, kind: str, placeholders: dict[str, str] | None) -> None:
        if placeholders is None:
            async_clear(self._hass, kind, self._entry_id)
        else:
            async_raise(
                self._hass,
                self._entry_id,
                kind,
                self._entry_id,
                placeholders=placeholders,
                fixable=False,
                learn_more_url=f"{_PAGE}?listener={self._entry_id}" if kind == DIFFERENCES else None,
            )

    @callback
    def _async_show_reset(self, serials: frozenset[str]) -> None:
        names = self._names()
        for serial in self._reset - serials:
            async_clear(self._hass, WAS_RESET, serial)
        for serial in serials & names.keys():
            number = sum(
                at == serial and it.confirmed is not None for (at, _), it in self._house.household.placements.items()
            )
            async_raise(
                self._hass,
                self._entry_id,
                WAS_RESET,
                serial,
                placeholders={"name": names[serial], "count": str(number)},
                data={DATA_SERIAL: serial},
            )
        self._reset = serials


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join([*shown[:MAX_NAMED], MORE] if len(shown) > MAX_NAMED else shown)
