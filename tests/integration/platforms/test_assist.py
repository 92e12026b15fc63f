"""What Assist understands beyond Home Assistant's own sentences: doors that are opened by name, and who is there."""

from collections.abc import Mapping
import json
import re
from typing import Any

from hassil.intents import SlotList, TextSlotList
from hassil.parse_expression import parse_sentence
from hassil.sample import sample_sentence
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.timmy_access.guests.unlock_code import hashed
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.voice.sentences import SENTENCES, SLOTS, Ask, load_phrasebook
from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
from simulator import User, VirtualTerminal

from ..conftest import FACE
from ..until import until_state

FRONT, BACK = "lock.front_door", "lock.office"
ACCESS = "event.front_door_access"
CODE = "271828"


@pytest.fixture
async def assist(hass: HomeAssistant, moments_shown: None, face: VirtualTerminal, finger: VirtualTerminal) -> None:
    """Two doors that Assist may open, and a terminal that may tell who comes and goes."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    for entity_id in (FRONT, BACK, ACCESS):
        async_expose_entity(hass, conversation.DOMAIN, entity_id, should_expose=True)
    await hass.async_block_till_done()


async def say(hass: HomeAssistant, text: str, language: str = "en", user_id: str | None = None) -> str:
    result = await conversation.async_converse(hass, text, None, Context(user_id=user_id), language=language)
    await hass.async_block_till_done()
    return str(result.response.speech["plain"]["speech"])


def openings(*terminals: VirtualTerminal) -> list[int]:
    return [terminal.doors[1].openings for terminal in terminals]


async def change(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, **data: Any) -> None:
    subentry = entry.subentries[hub.terminals[FACE].subentry_id]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, **data})
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("open the front door", "en", "Front door has been opened."),
        ("Please open the Front Door!", "en", "Front door has been opened."),
        ("öffne die front door", "de", "Front door wurde geöffnet."),
        ("mach bitte die Front Door auf", "de", "Front door wurde geöffnet."),
        ("open front door", "en", "Front door has been opened."),
        ("could you please open the front door for me?", "en", "Front door has been opened."),
        ("bitte öffne die Front Door", "de", "Front door wurde geöffnet."),
        ("Kannst du bitte die Front Door öffnen?", "de", "Front door wurde geöffnet."),
        ("schließ die Front Door auf", "de", "Front door wurde geöffnet."),
        ("打开front door", "zh-CN", "已打开Front door。"),
    ],
)
@pytest.mark.usefixtures("assist")
async def test_a_door_is_opened_by_its_name(
    hass: HomeAssistant, face: VirtualTerminal, finger: VirtualTerminal, text: str, language: str, answer: str
) -> None:
    assert await say(hass, text, language) == answer
    await face.wait_opened(1)
    assert openings(face, finger) == [1, 0]


@pytest.mark.usefixtures("assist")
async def test_what_is_not_exposed_or_not_known_is_not_opened(
    hass: HomeAssistant, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    async_expose_entity(hass, conversation.DOMAIN, FRONT, should_expose=False)
    await hass.async_block_till_done()
    for text in ("open the front door", "open the cellar", "open the door"):
        assert "has been opened" not in await say(hass, text)
    assert openings(face, finger) == [0, 0]


@pytest.mark.usefixtures("assist")
async def test_a_name_of_two_doors_is_asked(
    hass: HomeAssistant, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    registry = er.async_get(hass)
    for entity_id in (FRONT, BACK):
        registry.async_update_entity(entity_id, aliases=[er.COMPUTED_NAME, "Gate"])
    await hass.async_block_till_done()
    assert await say(hass, "open the gate") == "Which one do you mean: Front door, Office?"
    assert openings(face, finger) == [0, 0]


@pytest.mark.usefixtures("assist")
async def test_what_may_be_said_of_either_of_two_doors_is_asked(
    hass: HomeAssistant, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    """A name with a word that may belong to the sentence as well."""
    back = er.async_get(hass).async_get(BACK)
    assert back is not None
    assert back.device_id is not None
    dr.async_get(hass).async_update_device(back.device_id, name_by_user="The front door")
    await hass.async_block_till_done()
    assert await say(hass, "open the front door") == "Which one do you mean: Front door, The front door?"
    assert openings(face, finger) == [0, 0]


@pytest.mark.usefixtures("assist")
async def test_something_else_of_the_same_name_is_home_assistants(hass: HomeAssistant, face: VirtualTerminal) -> None:
    hass.states.async_set("cover.front", "closed", {"friendly_name": "Front door"})
    async_expose_entity(hass, conversation.DOMAIN, "cover.front", should_expose=True)
    await hass.async_block_till_done()
    assert "has been opened" not in await say(hass, "open the front door")
    assert openings(face) == [0]


@pytest.mark.usefixtures("assist")
async def test_a_door_that_is_away_says_so(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await face.stop()
    await until_state(hass, FRONT, "unavailable")
    assert await say(hass, "open the front door") == "Front door is not connected. Nothing was opened."
    await face.start()
    await until_state(hass, FRONT, "locked")
    assert openings(face) == [0]


@pytest.mark.usefixtures("assist")
async def test_a_door_with_a_code_asks_for_it_and_takes_it(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await change(hass, entry, hub, unlock_code=hashed(CODE))
    assert "needs its code" in await say(hass, "open the front door")
    assert "braucht den Code" in await say(hass, "öffne die Front door", "de")
    assert "did not catch the digits" in await say(hass, "open the front door with code swordfish")
    assert await say(hass, "open the front door with code 1 2 3 4") != "Front door has been opened."
    assert openings(face) == [0]
    assert await say(hass, "open the front door with code 271828") == "Front door has been opened."
    await face.wait_opened(1)
    said = "öffne Front door mit Code zwei sieben eins acht zwei acht"
    assert await say(hass, said, "de") == "Front door wurde geöffnet."
    assert openings(face) == [2]


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("unlock the front door", "en", "Front door needs its code."),
        ("Please unlock Front Door", "en", "Front door needs its code."),
        ("entsperre die Front Door", "de", "Front door braucht den Code."),
        ("bitte öffne die Front Door", "de", "Front door braucht den Code."),
    ],
)
@pytest.mark.usefixtures("assist")
async def test_unlocking_a_door_with_a_code_asks_for_it(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, text: str, language: str, answer: str
) -> None:
    """Home Assistant's own sentence fails at the code, and says nothing of it."""
    await change(hass, entry, hub, unlock_code=hashed(CODE))
    assert (await say(hass, text, language)).startswith(answer)
    assert openings(face) == [0]
    await change(hass, entry, hub, unlock_code=None)
    assert not (await say(hass, text, language)).startswith(answer)
    await face.wait_opened(1)


@pytest.mark.usefixtures("assist")
async def test_unlocking_a_door_whose_lock_knows_the_code_is_home_assistants(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    er.async_get(hass).async_update_entity_options(FRONT, "lock", {"default_code": CODE})
    await change(hass, entry, hub, unlock_code=hashed(CODE))
    assert await say(hass, "unlock the front door") == "Unlocking"
    await face.wait_opened(1)


@pytest.mark.usefixtures("assist")
async def test_a_door_that_is_not_exposed_is_not_asked_for_its_code(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await change(hass, entry, hub, unlock_code=hashed(CODE))
    async_expose_entity(hass, conversation.DOMAIN, FRONT, should_expose=False)
    await hass.async_block_till_done()
    for text in ("unlock the front door", f"open the front door with code {CODE}"):
        said = await say(hass, text)
        assert "needs its code" not in said, said
        assert "been opened" not in said, said
    assert openings(face) == [0]


@pytest.mark.usefixtures("assist")
async def test_voices_that_guess_are_not_listened_to(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await change(hass, entry, hub, unlock_code=hashed(CODE))
    for wrong in range(5):
        assert await say(hass, f"open the front door with code 111{wrong}") == "Wrong code for Front door."
    assert "too many wrong" in await say(hass, f"open the front door with code {CODE}")
    assert openings(face) == [0]


@pytest.mark.parametrize("is_admin", [True, False])
@pytest.mark.usefixtures("assist")
async def test_a_lockdown_is_not_ended_by_voice(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hass_admin_user: MockUser, is_admin: bool
) -> None:
    context = Context(user_id=hass_admin_user.id)
    await hass.services.async_call("timmy_access", "emergency", {"state": "lockdown"}, blocking=True, context=context)
    await hass.async_block_till_done()
    said = await say(hass, "open the front door", user_id=hass_admin_user.id if is_admin else None)
    assert said == "Front door is locked down. It is not opened by voice."
    assert "verriegelt" in await say(hass, "öffne Front door", "de")
    assert openings(face) == [0]


@pytest.mark.usefixtures("assist")
async def test_whoever_may_not_open_a_door_is_told(
    hass: HomeAssistant, face: VirtualTerminal, hass_read_only_user: MockUser
) -> None:
    said = await say(hass, "öffne Front door", "de", user_id=hass_read_only_user.id)
    assert "geöffnet." not in said or "nicht geöffnet" in said
    assert openings(face) == [0]


@pytest.fixture
async def people(hass: HomeAssistant, assist: None, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal) -> None:
    """Readers that are told apart, and two people with one first name on the terminal."""
    face.add_user(User(enrollid=2, name="Maria Lopez"))
    face.add_user(User(enrollid=3, name="Maria Stone"))
    await hub.terminals[FACE].async_refresh_people()
    await change(hass, entry, hub, entry_reader="main")


async def passes(hass: HomeAssistant, terminal: VirtualTerminal, enroll_id: int, **more: Any) -> None:
    terminal.punch(enroll_id, **more)
    await terminal.wait_sent()
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.usefixtures("people")
async def test_who_came_in_today(hass: HomeAssistant, face: VirtualTerminal) -> None:
    assert (await say(hass, "who came in today?")).startswith("Nobody has come in today")
    await passes(hass, face, 2)
    await passes(hass, face, 1)
    said = await say(hass, "who came in today?")
    assert said.startswith("Today: Maria Lopez (")
    assert "Ada Lovelace (" in said
    assert (await say(hass, "Wer ist heute gekommen?", "de")).startswith("Heute: Maria Lopez (")


@pytest.mark.usefixtures("people")
async def test_who_is_inside(hass: HomeAssistant, face: VirtualTerminal) -> None:
    assert await say(hass, "is somebody inside?") == "As far as Front door can tell, nobody is inside."
    await passes(hass, face, 2)
    assert await say(hass, "is anybody here?") == "Yes, inside: Maria Lopez."
    assert await say(hass, "Ist jemand da?", "de") == "Ja, im Haus: Maria Lopez."
    assert (await say(hass, "is Maria here?")).startswith("Yes, Maria Lopez is inside, since ")
    assert (await say(hass, "Ist Maria Lopez im Haus?", "de")).startswith("Ja, Maria Lopez ist im Haus, seit ")
    await passes(hass, face, 3)
    assert await say(hass, "is Maria here?") == "Which one do you mean: Maria Lopez, Maria Stone?"


# What people say, beside what is said above.
CAME = {
    "en": (
        "who was here today",
        "who was in today?",
        "who has come home today",
        "who's arrived today",
        "who came today",
    ),
    "de": (
        "wer war heute da",
        "Wer kam heute rein?",
        "wer ist heute nach Hause gekommen",
        "wer ist heute hier gewesen",
    ),
}
INSIDE = {
    "en": (
        "is anybody in",
        "is there anyone in the house",
        "is somebody at home?",
        "who's home",
        "who is in the building",
    ),
    "de": ("ist jemand zu Hause", "ist da jemand", "ist irgendwer im Gebäude?", "wer ist zuhause", "wer ist gerade da"),
}
HERE = {
    "en": ("is Maria home?", "is Maria at home", "is Maria Lopez in the building", "is Maria there"),
    "de": ("ist Maria zu Hause?", "ist Maria Lopez daheim", "ist Maria gerade da", "ist Maria im Gebäude"),
}


@pytest.mark.usefixtures("people")
async def test_what_people_say_of_people_is_answered(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await passes(hass, face, 2)
    for said, begins in (
        (CAME, {"en": "Today: Maria Lopez (", "de": "Heute: Maria Lopez ("}),
        (INSIDE, {"en": "Yes, inside: Maria Lopez.", "de": "Ja, im Haus: Maria Lopez."}),
        (HERE, {"en": "Yes, Maria Lopez is inside", "de": "Ja, Maria Lopez ist im Haus"}),
    ):
        for language, texts in said.items():
            for text in texts:
                assert (await say(hass, text, language)).startswith(begins[language]), text


@pytest.mark.usefixtures("people")
async def test_who_is_home_stays_home_assistants_where_it_is_asked_of_persons(
    hass: HomeAssistant, face: VirtualTerminal
) -> None:
    await passes(hass, face, 2)
    hass.states.async_set("person.maria", "not_home", {"friendly_name": "Maria Lopez"})
    assert (await say(hass, "is Maria Lopez home?")).startswith("Yes, Maria Lopez is inside")
    async_expose_entity(hass, conversation.DOMAIN, "person.maria", should_expose=True)
    await hass.async_block_till_done()
    for text in ("is Maria Lopez home?", "is anybody home"):
        assert "inside" not in await say(hass, text)
    assert (await say(hass, "is Maria Lopez here?")).startswith("Yes, Maria Lopez is inside")
    assert await say(hass, "is anybody here?") == "Yes, inside: Maria Lopez."


@pytest.mark.usefixtures("people")
async def test_what_is_not_known_is_not_taken_for_nobody(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await face.stop()
    await until_state(hass, FRONT, "unavailable")
    assert "cannot be asked at present" in await say(hass, "is somebody inside?")


@pytest.mark.usefixtures("people")
async def test_nobody_is_told_of_that_the_owner_has_not_exposed(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await passes(hass, face, 2)
    async_expose_entity(hass, conversation.DOMAIN, ACCESS, should_expose=False)
    await hass.async_block_till_done()
    for text in ("who came in today", "is somebody inside", "is Maria here"):
        assert "Lopez" not in await say(hass, text)
    assert (await say(hass, "who came in today")).startswith("I may not tell")


@pytest.mark.usefixtures("assist")
async def test_nothing_is_understood_without_a_listener(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert "not connected" not in await say(hass, "open the front door")
    assert not (await say(hass, "who came in today")).startswith("I may not")


BOOK: Mapping[str, Mapping[str, list[str]]] = load_yaml_dict(str(SENTENCES))


@pytest.mark.parametrize("language", BOOK)
def test_every_language_says_everything(language: str) -> None:
    assert set(BOOK[language]) == {*Ask, "digits"}
    assert len(BOOK[language]["digits"]) == 10
    for ask in Ask:
        for template in BOOK[language][ask]:
            assert ("{code}" in template) is (ask is Ask.OPEN_WITH_CODE)
            assert all(f"{{{slot}}}" in template for slot in ([SLOTS[ask]] if ask in SLOTS else []))


def examples(template: str) -> str:
    """Return the shortest thing that may be said by a template: no option, and the first of each choice."""
    while (found := re.search(r"\[[^\[\]()]*\]|\(([^\[\]()]*)\)", template)) is not None:
        chosen = "" if found[0].startswith("[") else found[1].split("|")[0]
        template = template[: found.start()] + chosen + template[found.end() :]
    return " ".join(template.split())


@pytest.mark.parametrize("language", BOOK)
@pytest.mark.usefixtures("people")
async def test_every_sentence_of_every_language_is_answered(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, language: str
) -> None:
    await passes(hass, face, 2)
    await change(hass, entry, hub, unlock_code=hashed(CODE))
    texts = {ask: await answer_of(hass, language, ask) for ask in Ask}
    for ask in Ask:
        for template in BOOK[language][ask]:
            text = examples(template).format(door="Front door", person="Maria Lopez", code=CODE)
            said = await say(hass, text, "zh-CN" if language == "zh-Hans" else language)
            assert said.startswith(texts[ask][0]), (text, said)
            assert said.endswith(texts[ask][1]), (text, said)


async def answer_of(hass: HomeAssistant, language: str, ask: Ask) -> tuple[str, str]:
    """Return how an answer begins and ends."""
    root = SENTENCES.parent.parent / "translations"
    common = json.loads((root / f"{language}.json").read_text())["common"]
    key = {
        Ask.OPEN: "needs_code",
        Ask.UNLOCK: "needs_code",
        Ask.OPEN_WITH_CODE: "opened",
        Ask.WHO_CAME_IN: "came",
        Ask.IS_HERE: "is_inside",
        Ask.IS_HOME: "is_inside",
        Ask.WHO_IS_INSIDE: "inside",
        Ask.WHO_IS_HOME: "inside",
    }[ask]
    text = common[f"assist_{key}"].replace("{door}", "Front door").replace("{person}", "Maria Lopez")
    return text.partition("{")[0], text.rpartition("}")[2]


def test_digits_are_understood_as_they_are_said() -> None:
    book = load_phrasebook()
    assert book.code("1 2 3 4") == "1234"
    assert book.code("12-34") == "1234"
    assert book.code("one two Three four") == "1234"
    assert book.code("一二三四") == "1234"
    assert book.code("eins zwei 34") == "1234"
    assert book.code("twelve") is None
    assert book.code("") is None


@pytest.mark.parametrize("language", BOOK)
def test_whatever_a_sentence_allows_is_understood(language: str) -> None:
    """Home Assistant and we read the same templates; what it takes, with a name, has to tell us which name."""
    book = load_phrasebook()
    slots: dict[str, SlotList] = {
        "door": TextSlotList.from_strings(["Front door"]),
        "person": TextSlotList.from_strings(["Front door"]),
    }
    for ask in SLOTS:
        for template in BOOK[language][ask]:
            sentences = list(sample_sentence(parse_sentence(template.replace("{code}", CODE)), slots))
            assert sentences
            for sentence in sentences:
                meant = set(book.meant(ask, sentence, ["Front door"]))
                assert meant >= {("Front door", CODE if ask is Ask.OPEN_WITH_CODE else None)}, sentence
