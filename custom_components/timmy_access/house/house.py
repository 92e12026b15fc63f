"""The house of one listener, put together: what is kept, the vault, and the hours that groups refer to."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import replace
from functools import partial
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from ..const import LOGGER
from ..fields import credential_name
from ..issues import async_clear, async_raise
from ..ledger import Ledger, LedgerUnavailable
from ..terminal.patient_work import PatientWork
from ..terminal.tasks import Tasks
from .arrivals import Arrival, Secrets
from .changes import (
    changed_person,
    group_of,
    person_of,
    rebased,
    with_arrivals,
    with_credentials,
    with_group,
    with_ours,
    with_terminal,
    without_contents,
    without_credential,
    without_group,
    without_terminal,
)
from .closings import Closes, Closing
from .deeds import Deed, Did
from .differences import Difference
from .directory import Directory
from .errors import HouseUnknown
from .groups import AccessGroup
from .household import Household
from .keeper import HouseKeeper, closings_path
from .persons import HousePerson
from .safekeeping import Safekeeping
from .schedules import ScheduleHours
from .settling import Choice, Settlement, settle
from .taking_over import Present, TakingOver, preview, taken_over
from .vault import Vault, VaultState
from .wanted import UNTOLD, Make

ISSUE_VAULT_KEY = "vault_key_gone"


class House:
    """Who may pass which doors when. Every change is of somebody: `by` is the id of a user, None an automation."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        tasks: Tasks,
        ledger: Ledger,
        serials: Callable[[], Collection[str]],
    ) -> None:
        """Prepare; `async_load` has to follow. `serials` are those of the approved terminals."""
        self._hass = hass
        self._entry_id = entry_id
        self._tasks = tasks
        self.keeper = HouseKeeper(hass, entry_id, ledger)
        self.vault = Vault(hass, entry_id)
        self.safe = Safekeeping(hass, self.keeper, self.vault)
        self.hours = ScheduleHours(hass, tasks)
        # Numbers are given to one after the other, who then is in the house.
        self.giving_numbers = asyncio.Lock()
        self._serials = serials
        self._wants_vault = False
        self._is_settled = self._vault_is_settled = False
        self._settling = PatientWork(hass, ledger, self._async_settle, "settle the house", tasks.async_see_through)
        self._unsubscribe: CALLBACK_TYPE | None = None

    # Its life

    async def async_load(self) -> None:
        """Take over what is known; a database that is away is no error, and the house is not known until it is back."""
        self.hours.async_start()
        await self.keeper.async_load()
        self._unsubscribe = self.keeper.async_subscribe(self._async_changed)
        self._settling.async_start()
        if self.keeper.is_known:
            await self._settling.async_done()
            self._async_follow(self.household)

    async def async_stop(self) -> None:
        """Write what waits; bounded."""
        self.hours.async_stop()
        self._settling.async_cancel()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        await self.keeper.async_stop()

    @callback
    def async_apply(self, *, wants_vault: bool) -> None:
        """Open the vault, or empty it for good."""
        if wants_vault != self._wants_vault:
            self._wants_vault = wants_vault
            self._is_settled = self._vault_is_settled = False
            self._settling.async_now()

    @property
    def household(self) -> Household:
        """What is known of the house; nothing where it is not known (`keeper.is_known`)."""
        return self.keeper.household

    # People

    def next_enroll_id(self, taken: Collection[int]) -> int:
        """Return a number that nobody of the house has or had just now, and that is not taken otherwise."""
        return next(Directory.of(self.household).free_numbers(taken))

    async def async_add(self, arrivals: Sequence[Arrival], by: str | None, *, same_name: bool = False) -> None:
        """Take people into the house, or as they are from now on, all or nobody.

        Raises `HouseInvalid`, `HouseUnknown` and `LedgerUnavailable`.
        """
        credentials = await self.safe.async_sealed(
            (arrival.person.person_id, slot, contents)
            for arrival in arrivals
            for slot, contents in arrival.secrets.items()
        )
        now = dt_util.utcnow()

        def _change(household: Household) -> Household:
            household = with_arrivals(household, arrivals, same_name=same_name)
            return with_credentials(household, credentials)

        known = self.known().people
        deeds = [
            Deed(
                did=Did.CHANGED if arrival.person.person_id in known else Did.ADDED,
                at=now,
                by=by,
                name=arrival.person.name,
                person_id=arrival.person.person_id,
                fields=tuple(map(credential_name, sorted(arrival.secrets))),
            )
            for arrival in arrivals
        ]
        await self.keeper.async_change(_change, deeds)

    async def async_update(
        self,
        person_id: str,
        changes: Mapping[str, Any],
        secrets: Secrets,
        dropped: Iterable[int],
        by: str | None,
        *,
        same_name: bool = False,
    ) -> HousePerson:
        """Change somebody: fields, what they identify themselves with by slot, and slots that they lose.

        Raises `HouseInvalid`, `HouseUnknown` and `LedgerUnavailable`; who is disabled is so at once all the same, and
        then `HouseNotWritten` may tell of it.
        """
        person = person_of(self.known(), person_id)
        changed_person(self.household, person_id, changes, same_name=same_name)  # what is wrong is said before anything
        credentials = await self.safe.async_sealed((person_id, slot, contents) for slot, contents in secrets.items())
        gone = tuple(dropped)

        def _change(household: Household) -> Household:
            household = changed_person(household, person_id, changes, same_name=same_name)
            for slot in gone:
                household = without_credential(household, person_id, slot)
            return with_credentials(household, credentials)

        _change(self.household)
        rest = dict(changes)
        if rest.get("enabled") is False and person.enabled:
            await self.async_disable(person_id, by)
            del rest["enabled"]
            if not rest and not credentials and not gone:
                return self.household.people[person_id]
            changes = rest
        fields = sorted(
            [name for name, value in changes.items() if getattr(person, name) != value]
            + [credential_name(slot) for slot in {*secrets, *gone}]
        )
        deed = Deed(
            did=Did.CHANGED,
            at=dt_util.utcnow(),
            by=by,
            name=changes.get("name", person.name),
            person_id=person_id,
            fields=tuple(fields),
        )
        if fields:
            await self.keeper.async_change(_change, [deed])
        return person_of(self.household, person_id)

    async def async_disable(self, person_id: str, by: str | None) -> None:
        """Let somebody in nowhere, at once; raises `HouseInvalid` and `HouseNotWritten`."""
        await self.keeper.async_close(Closing(how=Closes.DISABLE, person_id=person_id, at=dt_util.utcnow(), by=by))

    async def async_remove(self, person_id: str, by: str | None) -> None:
        """Take somebody out of the house and off every terminal, at once; raises `HouseInvalid`, `HouseNotWritten`."""
        await self.keeper.async_close(Closing(how=Closes.REMOVE, person_id=person_id, at=dt_util.utcnow(), by=by))

    # Groups

    async def async_set_group(self, group: AccessGroup, by: str | None, before: AccessGroup | None = None) -> None:
        """Add a group, or change one from how it was `before`; what others have changed meanwhile stays.

        Raises `HouseInvalid`, `HouseUnknown` and `LedgerUnavailable`.
        """

        def _change(household: Household) -> Household:
            after = rebased(group_of(household, group.group_id), before, group) if before else group
            return with_group(household, after)

        did = Did.GROUP_CHANGED if group.group_id in self.known().groups else Did.GROUP_ADDED
        deed = Deed(did=did, at=dt_util.utcnow(), by=by, name=group.name)
        await self.keeper.async_change(_change, [deed])

    async def async_remove_group(self, group_id: str, by: str | None) -> None:
        """Remove a group from everybody; raises `HouseInvalid`, `HouseUnknown` and `LedgerUnavailable`."""
        name = group_of(self.known(), group_id).name
        deed = Deed(did=Did.GROUP_REMOVED, at=dt_util.utcnow(), by=by, name=name)
        await self.keeper.async_change(lambda household: without_group(household, group_id), [deed])

    # Terminals

    def preview(self, present: Present) -> TakingOver:
        """Return what would become of a terminal that is kept in step from now on; raises `HouseUnknown`."""
        return preview(self.known(), present, iter(ulid_now, None))

    async def async_take_over(self, taking: TakingOver, name: str, by: str | None) -> None:
        """Take the people of a terminal into the house and keep it in step.

        Raises `HouseInvalid`, `HouseUnknown` and `LedgerUnavailable`.
        """
        now = dt_util.utcnow()
        deeds = [Deed(did=Did.KEPT_IN_STEP, at=now, by=by, name=name)]
        deeds += [
            Deed(did=Did.TAKEN_OVER, at=now, by=by, name=person.name, person_id=person.person_id)
            for person in (*taking.added, *taking.joined)
        ]
        await self.keeper.async_change(lambda household: taken_over(household, taking), deeds)

    async def async_observe(self, serial: str, name: str, by: str | None) -> None:
        """Write nothing to a terminal any more; raises `HouseUnknown` and `LedgerUnavailable`."""
        deed = Deed(did=Did.OBSERVED, at=dt_util.utcnow(), by=by, name=name)
        await self.keeper.async_change(lambda household: with_terminal(household, serial, kept=False), [deed])

    async def async_settle(
        self,
        differences: Sequence[Difference],
        choice: Choice,
        groups: frozenset[str],
        by: str | None,
        make: Make = UNTOLD,
    ) -> None:
        """Decide about differences of a terminal of a make, all or none.

        Raises `HouseInvalid`, `HouseUnknown` and `LedgerUnavailable`.
        """
        now = dt_util.utcnow()

        def _change(household: Household) -> Household:
            for difference in differences:
                household = settle(
                    household,
                    Settlement(
                        difference=difference, choice=choice, now=now, new_id=ulid_now, groups=groups, make=make
                    ),
                )
            return household

        deeds = []
        for difference in differences:
            person = self.known().people.get(difference.person_id or "")
            seen = difference.seen.name if difference.seen else None
            name = person.name if person else seen or str(difference.enroll_id)
            fields = (difference.kind.value, choice.value)
            deeds.append(Deed(did=Did.SETTLED, at=now, by=by, name=name, person_id=difference.person_id, fields=fields))
        await self.keeper.async_change(_change, deeds)

    async def async_forget_terminal(self, serial: str) -> None:
        """Forget how people stand on a terminal that is not ours any more; a database that is away is no error."""
        try:
            await self.keeper.async_change(lambda household: without_terminal(household, serial))
        except (HouseUnknown, LedgerUnavailable) as err:
            LOGGER.debug("The house still knows terminal %s: %s", serial, err)
            self._async_settle_again()
        await self.async_note_ours()

    async def async_note_ours(self) -> None:
        """Have the numbers of those who have left held by our terminals alone, or later where the database is away."""
        try:
            await self.keeper.async_change(lambda household: with_ours(household, self._serials()))
        except (HouseUnknown, LedgerUnavailable) as err:
            LOGGER.debug("Numbers are not free yet: %s", err)
            self._async_settle_again()

    @callback
    def async_deleted_at(self, serial: str, enroll_id: int | None = None) -> None:
        """Note that somebody, or everybody, was deleted at a terminal: that is no step of the house that got lost."""
        for (at, number), placement in self.household.placements.items():
            if at == serial and enroll_id in (None, number) and placement.tries:
                self.keeper.async_confirm(replace(placement, tries=0, refused=None))

    # Inside

    def known(self) -> Household:
        """Return the house; raises `HouseUnknown` where it is not known."""
        if not self.keeper.is_known:
            raise HouseUnknown
        return self.household

    @callback
    def _async_changed(self, household: Household) -> None:
        self._async_follow(household)
        if not self._is_settled and self.keeper.is_known:
            self._settling.async_now()

    @callback
    def _async_follow(self, household: Household) -> None:
        self.hours.async_follow(
            rule.schedule for group in household.groups.values() for rule in group.rules if rule.schedule is not None
        )

    @callback
    def _async_settle_again(self) -> None:
        self._is_settled = False
        self._settling.async_again()

    async def _async_settle(self) -> None:
        """Do what waits for the house to be known; raises `LedgerUnavailable`."""
        if self._is_settled or not self.keeper.is_known:
            return
        self._is_settled = True  # which somebody may take back while it is done
        try:
            await self._async_settle_vault()
            # Removed while the database was away: one that is approved again is only observed.
            for serial in self.household.kept - set(self._serials()):
                await self.keeper.async_change(partial(without_terminal, serial=serial))
            await self.keeper.async_change(lambda household: with_ours(household, self._serials()))
        except HouseUnknown:  # it is done when it is known again
            self._is_settled = False
        except LedgerUnavailable:
            self._is_settled = False
            raise

    async def _async_settle_vault(self) -> None:
        """Open the vault; where it is not wanted, empty it and forget its key. Raises what changes of the house do."""
        if self._vault_is_settled:
            return
        self._vault_is_settled = True
        held = tuple(self.household.credentials.values())
        if not self._wants_vault and any(one.sealed is not None or one.mark is not None for one in held):
            deed = Deed(did=Did.VAULT_EMPTIED, at=dt_util.utcnow(), by=None, name="")
            try:
                await self.keeper.async_change(without_contents, [deed])
            except HouseUnknown, LedgerUnavailable:
                self._vault_is_settled = False
                raise
        if self._wants_vault:
            await self.vault.async_open(wanted=True, held=held)
        else:
            await self.vault.async_remove()
        if self.vault.state is VaultState.KEY_GONE:
            async_raise(self._hass, self._entry_id, ISSUE_VAULT_KEY, self._entry_id, placeholders={}, fixable=False)
        else:
            async_clear(self._hass, ISSUE_VAULT_KEY, self._entry_id)


async def async_remove_house(hass: HomeAssistant, entry_id: str) -> None:
    """Forget the key of the vault and what waits to be written, of a listener that is removed."""
    await Vault(hass, entry_id).async_remove()
    async_clear(hass, ISSUE_VAULT_KEY, entry_id)
    await hass.async_add_executor_job(partial(closings_path(hass, entry_id).unlink, missing_ok=True))
