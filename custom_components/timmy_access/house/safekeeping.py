"""What people identify themselves with: taken into the house, and into the vault where that is open."""

from collections.abc import Iterable, Mapping
from copy import replace
from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from ..fields import credential_name
from ..ledger import MAX_SEALED
from .arrivals import Contents
from .changes import holder_of, in_use, with_credentials
from .credentials import HouseCredential
from .deeds import Deed, Did
from .household import Household, Placement
from .keeper import HouseKeeper
from .vault import Vault, VaultState
from .wanted import Make, algorithm_of
from .whereabouts import standing_at, with_enrolled

# Cards and PINs that are sealed in less time than a thread takes to begin.
FEW = 20
# What is sealed is held in memory, for terminals that are to be filled: thirty thousand fingerprints, or a thousand
# photos.
MAX_VAULT_BYTES = 64 * 1024 * 1024


class Safekeeping:
    """The credentials of one house."""

    def __init__(self, hass: HomeAssistant, keeper: HouseKeeper, vault: Vault) -> None:
        """Seal with a vault what a keeper holds."""
        self._hass = hass
        self._keeper = keeper
        self._vault = vault

    async def async_sealed(self, wanted: Iterable[tuple[str, int, Contents]]) -> list[HouseCredential]:
        """Return new credentials of people and slots, sealed; raises `HouseInvalid` where the vault is not open."""
        places = tuple(wanted)

        def _sealed() -> list[HouseCredential]:
            return [
                HouseCredential(
                    person_id=person_id,
                    slot=slot,
                    revision=ulid_now(),
                    sealed=self._vault.seal(person_id, slot, None, contents),
                    mark=self._vault.mark(slot, contents),
                )
                for person_id, slot, contents in places
            ]

        return _sealed() if len(places) <= FEW else await self._hass.async_add_executor_job(_sealed)

    async def async_contents(self, credential: HouseCredential) -> Contents | None:
        """Return what the vault has of a credential; None where that is nothing that can be read."""
        return await self._vault.async_unseal(credential)

    # At a terminal

    def standing_at(self, serial: str, enroll_id: int) -> Placement | None:
        """Return how somebody of the house was confirmed on a terminal; None also while the house is not known."""
        return standing_at(self._keeper.household, serial, enroll_id) if self._keeper.is_known else None

    def check(self, serial: str, enroll_id: int, contents: Mapping[int, Contents]) -> None:
        """Raise `HouseInvalid` where somebody of the house would get, at a terminal, what somebody else has."""
        placement = self.standing_at(serial, enroll_id)
        if placement is None or self._vault.state is not VaultState.OPEN:
            return
        for slot, content in contents.items():
            if not isinstance(content, int):
                continue
            holder = holder_of(self._keeper.household, slot, self._vault.mark(slot, content))
            if holder is not None and holder != placement.person_id:
                raise in_use(slot, self._keeper.household.people[holder].name)

    async def async_enrolled(
        self, serial: str, enroll_id: int, contents: Mapping[int, Contents | None], make: Make, by: str | None
    ) -> None:
        """Have somebody of the house keep, everywhere, what an administrator gave them at one terminal.

        `contents` are by slot, None where only the terminal knows. Who does not stand there is left as they are: what
        was done shows as a difference. Raises `HouseInvalid`, `HouseUnknown` and `LedgerUnavailable`.
        """
        placement = self.standing_at(serial, enroll_id)
        if placement is None or not contents:
            return
        person_id = placement.person_id
        credentials = [
            await self._async_credential(person_id, slot, content, algorithm_of(make, slot))
            for slot, content in contents.items()
        ]

        def _change(household: Household) -> Household:
            if (there := standing_at(household, serial, enroll_id)) is None or there.person_id != person_id:
                return household
            household = with_credentials(household, credentials)  # no two people have the same card
            for credential in credentials:
                household = with_enrolled(household, serial, credential)
            return household

        deed = Deed(
            did=Did.CHANGED,
            at=dt_util.utcnow(),
            by=by,
            name=self._keeper.household.people[person_id].name,
            person_id=person_id,
            fields=tuple(map(credential_name, sorted(contents))),
        )
        await self._keeper.async_change(_change, [deed])

    async def async_keep(self, told: Mapping[tuple[str, int], tuple[str, Contents]]) -> frozenset[tuple[str, int]]:
        """Put into the vault what terminals told of credentials, and return which of them it has now.

        `told` is by person and slot: the revision that was read, and what it holds. Nothing is kept while the vault is
        not open, nor of a revision that does not hold any more, nor what there is no room for. Raises `HouseUnknown`
        and `LedgerUnavailable`.
        """
        household = self._keeper.household
        held = {
            place: credential
            for place, (revision, _) in told.items()
            if (credential := household.credentials.get(place)) is not None and credential.revision == revision
        }
        if not held or self._vault.state is not VaultState.OPEN:
            return frozenset()
        sealed = await self._hass.async_add_executor_job(
            lambda: [self._sealed(credential, told[place][1]) for place, credential in held.items()]
        )
        room = MAX_VAULT_BYTES - sum(len(other.sealed or b"") for other in household.credentials.values())
        fitting: dict[tuple[str, int], HouseCredential] = {}
        for place, credential in zip(held, sealed, strict=True):
            size = len(credential.sealed or b"")
            if size <= min(MAX_SEALED, room):
                fitting[place] = credential
                room -= size

        def _change(household: Household) -> Household:
            present = {
                place: replace(now, sealed=credential.sealed, mark=credential.mark)
                for place, credential in fitting.items()
                if (now := household.credentials.get(place)) is not None and now.revision == credential.revision
            }
            return replace(household, credentials={**household.credentials, **present}) if present else household

        await self._keeper.async_change(_change)
        return frozenset(fitting)

    def _sealed(self, credential: HouseCredential, contents: Contents) -> HouseCredential:
        return replace(
            credential,
            sealed=self._vault.seal(credential.person_id, credential.slot, credential.algorithm, contents),
            mark=self._vault.mark(credential.slot, contents) if isinstance(contents, int) else None,
        )

    async def _async_credential(
        self, person_id: str, slot: int, contents: Contents | None, algorithm: str | None
    ) -> HouseCredential:
        credential = HouseCredential(person_id=person_id, slot=slot, revision=ulid_now(), algorithm=algorithm)
        if contents is None or self._vault.state is not VaultState.OPEN:
            return credential
        sealed = await self._hass.async_add_executor_job(partial(self._sealed, credential, contents))
        return sealed if len(sealed.sealed or b"") <= MAX_SEALED else credential
