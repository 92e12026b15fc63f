"""A table that was chosen in the browser: looked at first, then taken in; a fault changes nothing."""

from base64 import b64encode

from custom_components.timmy_access.panel.importing import MAX_LETTERS

from .test_people import Browser, browser, hub

__all__ = ["browser", "hub"]


def content(text: str) -> str:
    return b64encode(text.encode()).decode()


async def test_a_table_is_looked_at_and_then_taken_in(browser: Browser) -> None:
    table = content("name,note\nZoe,Has a dog\n")
    looked = (await browser.ask("import_people", {"content": table}))["result"]
    assert (looked["imported"], [it["name"] for it in looked["added"]], looked["faults"]) == (False, ["Zoe"], [])
    assert (await browser.perform("get_people"))["people"] == []

    done = (await browser.ask("import_people", {"content": table, "confirm": True}))["result"]
    assert done["imported"] is True
    assert [it["name"] for it in (await browser.perform("get_people"))["people"]] == ["Zoe"]


async def test_a_fault_is_told_by_row_and_column_and_takes_nobody_in(browser: Browser) -> None:
    table = content("name,groups\nAda,\nZoe,Nobody\n")
    (fault,) = (await browser.ask("import_people", {"content": table}))["result"]["faults"]
    assert (fault["row"], fault["column"], fault["fault"]) == (3, "groups", "not_known")
    refused = await browser.ask("import_people", {"content": table, "confirm": True})
    assert refused["error"]["translation_key"] == "house_import_faulty"
    assert (await browser.perform("get_people"))["people"] == []


async def test_what_is_no_table_in_base64_or_too_long_is_refused(browser: Browser) -> None:
    for wrong in ("not base64!", "A" * (MAX_LETTERS + 4)):
        refused = await browser.ask("import_people", {"content": wrong})
        assert refused["error"]["translation_key"] == "panel_field_invalid"
        assert refused["error"]["translation_placeholders"]["field"] == "content"
