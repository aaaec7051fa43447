"""The command line's own promises: a quick overview, help and examples, one form for results and errors."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli import audit, node
from cli.loading import CommandEntry
from cli.main import COMMANDS, app
from cli.output import HomeOption, JsonOption, emit, failing_clearly
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.conftest import REPOSITORY
from tests.unit.reference_pages import all_commands

runner = CliRunner()


def test_the_overview_loads_neither_grpc_nor_the_kernel() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from cli.main import app\n"
        "shown = CliRunner().invoke(app, ['--help']); assert shown.exit_code == 0, shown.output\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'grpc', 'matching', 'node', 'pydantic'}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env={"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'proto'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.strip() == "[]", ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("words", "entries"),
    [((), COMMANDS), (("node",), node.COMMANDS), (("audit",), audit.COMMANDS)],
    ids=("all", "node", "audit"),
)
def test_an_overview_names_every_command_in_its_own_words(
    words: tuple[str, ...], entries: dict[str, CommandEntry]
) -> None:
    shown = runner.invoke(app, [*words, "--help"]).output
    for name, entry in entries.items():
        own = entry.load(name).help
        assert own is not None
        assert own.splitlines()[0] == entry.summary
        assert f"  {name} " in shown


def test_an_unknown_command_is_wrong_usage() -> None:
    shown = runner.invoke(app, ["nod"])
    assert shown.exit_code == 2
    assert "No such command 'nod'" in shown.output


ALL = all_commands()


def test_the_commands_promised_are_there() -> None:
    promised = "authority init,authority issue,coordinator init,coordinator serve,custodian init,custodian serve"
    promised += ",node init,node serve,node join,node import,node enrol,query,agreement list,agreement show"
    promised += ",agreement check,audit list,audit show,audit open,audit export"
    assert set(promised.split(",")) <= set(ALL)
    assert any(name.startswith("node records ") for name in ALL)


WORKING_WITHOUT_A_HOME = {f"agreement {name}" for name in ("new", "check", "show", "diff")} | {
    "compare",
    "audit check",
    "audit reconcile",
}
"""Commands on a file anywhere, or on none."""


@pytest.mark.parametrize("path", ALL)
def test_every_command_has_help_home_and_json(path: str) -> None:
    command = ALL[path]
    assert command.help, "what it does"
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--home", "--json"} - options <= ({"--home"} if path in WORKING_WITHOUT_A_HOME else set())
    for parameter in command.params:
        assert parameter.help, f"{parameter.name} has no help"


@pytest.mark.parametrize("path", ALL)
def test_every_command_shows_an_example_that_it_understands(path: str) -> None:
    command = ALL[path]
    assert command.epilog, "an example"
    assert command.epilog.startswith(f"Example: symbolon {path}")
    words = shlex.split(command.epilog.removeprefix(f"Example: symbolon {path}").partition(" > ")[0])
    context = command.make_context(path, words, resilient_parsing=False)
    assert context.params is not None


@failing_clearly
def fail(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Fail as a command fails."""
    raise SymbolonError(ErrorCode.QUOTA_EXHAUSTED, "queries, [2] a day")


failing = typer.Typer()
failing.command()(fail)


def test_an_error_says_what_is_wrong_and_what_to_do_and_gives_its_exit_code() -> None:
    shown = runner.invoke(failing, [])
    row = ErrorCode.QUOTA_EXHAUSTED.value
    assert shown.exit_code == row.exit_code
    assert shown.stdout == ""
    assert f"{row.text}: queries, [2] a day" in shown.stderr
    assert row.way_out in shown.stderr


def test_an_error_as_json_is_one_object_on_standard_output() -> None:
    shown = runner.invoke(failing, ["--json"])
    row = ErrorCode.QUOTA_EXHAUSTED.value
    assert shown.exit_code == row.exit_code
    assert shown.stderr == ""
    assert json.loads(shown.stdout) == {
        "error": {
            "code": "quota_exhausted",
            "text": row.text,
            "detail": "queries, [2] a day",
            "way_out": row.way_out,
            "exit_code": row.exit_code,
        }
    }


def test_a_bug_keeps_its_traceback() -> None:
    @failing_clearly
    def broken() -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        broken()


def test_an_interruption_is_no_error_of_the_catalogue() -> None:
    @failing_clearly
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as caught:
        interrupted()
    assert caught.value.exit_code == 130


def test_a_result_is_text_or_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    data = {"name": "Ένα", "two": [1, 2]}
    emit(data, True, lambda: "never shown")
    assert capsys.readouterr().out == '{"name":"\\u0388\\u03bd\\u03b1","two":[1,2]}\n'
    emit(data, False, lambda: "shown [as it is]")
    assert capsys.readouterr().out == "shown [as it is]\n"
    emit(data, False, lambda: None)
    assert capsys.readouterr().out == ""


def test_an_authority_certifies_a_party_and_no_other(tmp_path: Path) -> None:
    authority, home = tmp_path / "authority", tmp_path / "custodian"
    assert runner.invoke(app, ["authority", "init", "--home", str(authority)]).exit_code == 0
    again = runner.invoke(app, ["authority", "init", "--home", str(authority), "--json"])
    assert again.exit_code == ErrorCode.ALREADY_INITIALISED.value.exit_code
    made = runner.invoke(app, ["custodian", "init", "--home", str(home), "--name", "ONE", "--agency", "A", "--json"])
    request = json.loads(made.stdout)["request"]
    sign = ["authority", "issue", request, "--home", str(authority), "--party"]
    wrong = runner.invoke(app, [*sign, "symbolon://custodian/TWO"])
    assert wrong.exit_code == ErrorCode.INVALID_INPUT.value.exit_code
    assert not (home / "tls" / "certificate.pem").exists()
    right = runner.invoke(app, [*sign, "symbolon://custodian/ONE"])
    assert right.exit_code == 0
    assert (home / "tls" / "certificate.pem").exists()
    missing = runner.invoke(app, ["authority", "issue", str(tmp_path / "no.csr"), "--party", "symbolon://agency/A"])
    assert missing.exit_code != 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["custodian", "init", "--name", "one", "--agency", "A"],
        ["custodian", "init", "--name", "ONE", "--agency", "a"],
        ["custodian", "init", "--name", "ONE", "--agency", "A", "--epoch", "no spaces"],
        ["custodian", "init", "--name", "ONE", "--agency", "A", "--query-elements-a-day", "-1"],
        ["coordinator", "init", "--name", "ONE", "--federation", "F", "--agency", "A", "--custodian", "c"],
        ["coordinator", "init", "--name", "ONE", "--federation", "", "--agency", "A", "--custodian", "C"],
    ],
)
def test_a_wrong_option_makes_no_folder(tmp_path: Path, arguments: list[str]) -> None:
    shown = runner.invoke(app, [*arguments, "--home", str(tmp_path / "home")])
    assert shown.exit_code == ErrorCode.INVALID_INPUT.value.exit_code
    assert not (tmp_path / "home").exists()
