"""One database is one, however its address is written."""

from pathlib import Path

import pytest

from custom_components.timmy_access.ledger import default_url, key_of_url


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mysql://ha:pw@DB.local/access", "mariadb://ha:pw@db.local:3306/access"),
        ("postgresql://ha:pw@db/access", "postgres://ha:pw@db:5432/access"),
        ("sqlite:////config/access.db", "sqlite:////config/backups/../access.db"),
    ],
)
def test_the_same(one: str, other: str) -> None:
    assert key_of_url(one) == key_of_url(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mysql://ha:pw@db/access", "mysql://ha:pw@db/other"),
        ("mysql://ha:pw@db/access", "mysql://ha:new@db/access"),
        ("mysql://ha:pw@db/access", "mysql://ha:pw@db:3307/access"),
        ("nonsense", "nothing"),
    ],
)
def test_others(one: str, other: str) -> None:
    assert key_of_url(one) != key_of_url(other)


def test_a_link_leads_to_the_same(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert key_of_url(default_url(tmp_path / "link")) == key_of_url(default_url(tmp_path))
    assert key_of_url(f"sqlite:///{tmp_path}/timmy_access.db") == key_of_url(default_url(tmp_path))
