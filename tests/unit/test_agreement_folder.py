"""A node's folder of agreements: what is there counts, what is no agreement allows nothing, what has gone is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from agreements.template import TEMPLATE
from node.agreement_folder import AgreementFolder
from symbolon.rpc.errors import SymbolonError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fr-de.toml").write_text(TEMPLATE, encoding="utf-8")
    return tmp_path


def test_an_agreement_counts_as_soon_as_it_is_there_and_no_longer_than_it_is(folder: Path) -> None:
    agreements = AgreementFolder(folder)
    assert [one.id for one in agreements.current()] == ["fr-de-2026"]
    (folder / "other.toml").write_text(TEMPLATE.replace("fr-de-2026", "other"), encoding="utf-8")
    assert [one.id for one in agreements.current()] == ["fr-de-2026", "other"]
    (folder / "fr-de.toml").unlink()
    assert [one.id for one in agreements.current()] == ["other"]


def test_a_file_that_has_gone_since_it_was_listed_is_as_if_absent(folder: Path) -> None:
    gone = folder / "a-gone.toml"
    gone.symlink_to(folder / "nowhere")  # listed, and not there when it is looked at
    agreements = AgreementFolder(folder)
    assert [one.id for one in agreements.current()] == ["fr-de-2026"]
    (folder / "fr-de.toml").write_text(TEMPLATE.replace("version = 1", "version = 22"), encoding="utf-8")
    assert [one.version for one in agreements.current()] == [22]


def test_what_is_no_agreement_stops_the_start_and_later_allows_nothing(folder: Path) -> None:
    agreements = AgreementFolder(folder)
    (folder / "fr-de.toml").write_text("schema = 2", encoding="utf-8")
    assert agreements.current() == ()
    with pytest.raises(SymbolonError, match=r"fr-de\.toml"):
        AgreementFolder(folder)
