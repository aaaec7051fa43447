"""What a newcomer's mistakes are answered with: each names the option, file or party, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli import query as query_module
from cli.main import app
from cli.output import calling, counted
from deploy.agreement import CASE_OPTIONS
from symbolon.rpc.errors import ErrorCode, SymbolonError

runner = CliRunner()
REASONS = ("--purpose", "migrant_smuggling", "--legal-basis", "law", "--case", "1", *CASE_OPTIONS)
PERSON = ("--name", "Idris Maran", "--born", "1975-03-02")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a certified node whose addresses answer to nobody (port 1)."""
    folder = tmp_path_factory.mktemp("parties")
    home, authority = folder / "home", folder / "authority"
    assert runner.invoke(app, ["authority", "init", "--home", str(authority)]).exit_code == 0
    options = {
        "agency": "FR-DNMS",
        "display-name": "Division",
        "listen": "127.0.0.1:1",
        "address": "127.0.0.1:1",
        "coordinator": "HUB",
        "coordinator-address": "127.0.0.1:1",
        "contact": "desk",
        "authority": str(authority),
        "home": str(home),
    }
    made = runner.invoke(
        app, ["node", "init", *(word for name, text in options.items() for word in (f"--{name}", text))]
    )
    assert made.exit_code == 0, made.output
    add = ["node", "officer", "add", "a.martin", "--role", "analyst", "--key-file", str(home / "a.martin.key")]
    assert runner.invoke(app, [*add, "--home", str(home)]).exit_code == 0
    return home


@pytest.fixture(autouse=True)
def _officer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYMBOLON_OFFICER_KEY", str(home / "a.martin.key"))


def fails(shown: Result, code: ErrorCode, words: str) -> None:
    """Check that a command ended with a row of the catalogue, and that its message holds the words."""
    assert shown.exit_code == code.value.exit_code, shown.output
    assert words in " ".join(shown.stderr.split())


def test_an_agency_that_cannot_be_one_is_named_by_its_option(home: Path) -> None:
    shown = runner.invoke(app, ["query", *REASONS, *PERSON, "--to", "fr-dnms", "--home", str(home)])
    fails(shown, ErrorCode.INVALID_INPUT, "--to: expected an agency's name")


def test_a_person_is_given_by_options_or_by_a_file_but_not_by_both(home: Path, tmp_path: Path) -> None:
    person = tmp_path / "person.json"
    person.write_text('{"names": ["Idris Maran"]}')
    shown = runner.invoke(app, ["query", *REASONS, *PERSON, "--file", str(person), "--home", str(home)])
    fails(shown, ErrorCode.INVALID_INPUT, "--file: the person is given by options too")


@pytest.mark.parametrize(
    ("arguments", "who"),
    [
        (["query", *REASONS, *PERSON], "this agency's node symbolon://agency/FR-DNMS at 127.0.0.1:1"),
        (["node", "status"], "this agency's node symbolon://agency/FR-DNMS at 127.0.0.1:1"),
        (["node", "join"], "the coordinator symbolon://coordinator/HUB at 127.0.0.1:1"),
    ],
)
def test_who_cannot_be_reached_is_named(home: Path, arguments: list[str], who: str) -> None:
    fails(runner.invoke(app, [*arguments, "--home", str(home)]), ErrorCode.UNREACHABLE, who)


def test_an_error_that_names_its_party_keeps_its_words() -> None:
    with pytest.raises(SymbolonError, match="the other party"), calling("this party"):
        raise SymbolonError(ErrorCode.UNREACHABLE, "the other party")


def test_a_node_without_agreements_says_what_that_means(home: Path) -> None:
    shown = runner.invoke(app, ["agreement", "list", "--home", str(home)])
    assert shown.exit_code == 0
    assert "nobody may ask and nothing is answered" in " ".join(shown.stdout.split())


def test_one_is_counted_as_one() -> None:
    assert counted(1, "batch", "batches") == "1 batch"
    assert counted(2, "batch", "batches") == "2 batches"
    assert counted(0, "member") == "0 members"
    assert counted(24_310, "new token") == "24,310 new tokens"


def test_the_version_is_told() -> None:
    shown = runner.invoke(app, ["--version"])
    assert shown.exit_code == 0
    assert shown.stdout.startswith("symbolon")


def test_an_agency_that_is_not_asked_is_shown_with_what_stands_in_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    answer = {"outcome": "not_asked", "display_name": "Zentral", "milliseconds": 0.0, "left_today": None}
    query_module._show(answer | {"explanation": "the agreement does not cover this offence"})
    assert " ".join(capsys.readouterr().out.split()) == "not asked Zentral: the agreement does not cover this offence"


LONG = "x" * 4_001


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["case", "request", "R", "--facts", LONG], "--facts"),
        (["case", "request", "R", "--facts", "why", "--danger", LONG, "--responsible", "m.chef"], "--danger"),
        (["case", "reject", "R", "--reason", LONG], "--reason"),
        (["case", "review", "R", "--result", LONG], "--result"),
        (["referral", "decline", "R", "--reason", LONG * 100], "--reason"),
        (["referral", "settle", "R", "--reason", LONG], "--reason"),
    ],
)
def test_a_text_that_is_too_long_is_refused_with_both_lengths_before_anything_is_sent(
    home: Path, words: list[str], option: str
) -> None:
    length = max(map(len, words))
    shown = runner.invoke(app, [*words, "--home", str(home)])
    fails(shown, ErrorCode.INVALID_INPUT, f"{option}: {length:,} characters, and at most 4,000 are taken")
    just = [word[:4_000] for word in words]
    assert runner.invoke(app, [*just, "--home", str(home)]).exit_code == ErrorCode.UNREACHABLE.value.exit_code


@pytest.mark.parametrize("given", [[], ["--to", "IT-ALTRA", "--purpose", "terrorism"]])
def test_leave_is_asked_for_a_recipient_or_for_a_purpose(home: Path, given: list[str]) -> None:
    ask = ["case", "ask-leave", "R", "--reason", "why", "--home", str(home)]
    fails(runner.invoke(app, [*ask, *given]), ErrorCode.INVALID_INPUT, "--to and --purpose: give one of both")
    for one in (["--to", "IT-ALTRA"], ["--purpose", "terrorism"]):
        assert runner.invoke(app, [*ask, *one]).exit_code == ErrorCode.UNREACHABLE.value.exit_code


def test_a_command_pasted_as_it_was_told_does_nothing_before_its_words_are_written(home: Path) -> None:
    shown = runner.invoke(app, ["case", "reject", "R", "--reason", "...", "--home", str(home)])
    fails(shown, ErrorCode.INVALID_INPUT, "--reason: write it in place of ...")
