"""Words of peers are shown as text, whatever is made of them."""

import re
import unicodedata

from hypothesis import given, strategies as st
import pytest

from custom_components.timmy_access.protocol.peer import MAX_SHOWN, as_text, is_printable, printable

# What Markdown (GitHub's, as Home Assistant renders dialogs) and HTML begin anything with.
LIVE = re.compile(
    r"[<>\[\]*`~\\|@]|&#?\w+;|(?:https?|ftp)://|www\.|^\s*(?:#|[-+]\s|[-=]{2,}|\d+[.)]\s)|(?:^|\W)_|_(?:\W|$)",
    re.IGNORECASE,
)
PARTS = (
    *(
        "![",
        "](",
        ")",
        "http://e.vil/x",
        "www.e.vil",
        "<img src=x>",
        "**",
        "__",
        "_",
        "`",
        "~~",
        "# ",
        "- ",
        "1. ",
        "> ",
    ),
    *("&lt;", "&#60;", "a@b.c", "|", "\\", "---", "===", "\n", "Ada", " ", "=", "<!--", "</ha-markdown>", "FTP://x"),
)
MARKUP = st.lists(st.sampled_from(PARTS)).map("".join)


@given(MARKUP | st.text())
def test_nothing_of_it_is_markup(text: str) -> None:
    shown = as_text(text)
    assert not LIVE.search(shown), shown
    assert len(shown) <= MAX_SHOWN
    assert as_text(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "AiFace",
        "ai806_f07_v6.49",
        "Front door (EU)",
        "O'Brien & Söhne",
        "Müller-Lüdenscheidt",
        "50% #2",
        "李雷",
        "a: b",
        "192.168.1.20",
        "TFS-30 1.2",
    ],
)
def test_names_are_left_alone(text: str) -> None:
    assert as_text(text) == text


def test_it_still_reads_the_same() -> None:
    assert as_text("![](http://e.vil/x.png)") == "!\uff3b\uff3d(http\uff1a//e.vil/x.png)"
    assert as_text("<b>x</b>") == "\uff1cb\uff1ex\uff1c/b\uff1e"


# Letters, marks and signs of all scripts, the spaces among them, and what nobody sees.
SEEN = st.characters(categories=["L", "M", "N", "P", "S", "Zs"]) | st.sampled_from("\u200c\u200d\u3000\u00a0")
UNSEEN = st.characters(categories=["Cc", "Cf", "Zl", "Zp"], exclude_characters="\u200c\u200d")


@given(st.text(SEEN, max_size=MAX_SHOWN))
def test_names_of_all_scripts_are_shown_as_they_are(name: str) -> None:
    assert printable(name) == name
    assert is_printable(name)


@given(st.text(SEEN | UNSEEN, max_size=MAX_SHOWN))
def test_only_what_nobody_sees_is_replaced(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    for said, char in zip(text, shown, strict=True):
        is_unseen = unicodedata.category(said) in ("Cc", "Cf", "Zl", "Zp") and said not in "\u200c\u200d"
        assert char == ("\ufffd" if is_unseen else said)
    assert is_printable(text) == (shown == text)
