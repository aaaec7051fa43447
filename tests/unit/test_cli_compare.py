"""``symbolon compare``: two names and the reasons, as text and as JSON; nothing about anybody is asked or kept."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from symbolon.rpc.errors import ErrorCode


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["compare", *arguments])


def test_two_spellings_of_one_name_are_probable_and_every_part_has_its_reason() -> None:
    told = json.loads(run("Idris Maranov", "Идрис Маранов", "--json").stdout)
    assert told["band"] in ("probable", "strong")
    assert [one["points"] > 0 for one in told["contributions"]] == [True, True]
    assert "Маранов (read as maranov)" in told["contributions"][1]["sentence"]


def test_another_person_is_below_the_cutoff() -> None:
    told = json.loads(run("Idris Maranov", "Selim Vantroyen", "--json").stdout)
    assert told["score"] < 0.5


def test_the_table_says_score_band_and_reasons() -> None:
    shown = run("Nemoryan Shipping Ltd", "NEMORYAN SHIPPING LIMITED", "--category", "entity")
    assert shown.exit_code == 0
    assert "score" in shown.stdout
    assert "nemoryan" in shown.stdout.lower()


def test_a_name_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in run("Idris\x1b[31m Maranov", "Idris Maranov", "--json").stdout


@pytest.mark.parametrize("category", ["person", ""])
def test_an_unknown_category_is_refused_with_the_known_ones(category: str) -> None:
    refused = run("a", "b", "--category", category)
    assert refused.exit_code == ErrorCode.INVALID_INPUT.value.exit_code
    assert "vessel" in refused.output
