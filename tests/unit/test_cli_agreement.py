"""``symbolon agreement`` as two agencies use it: a text is named before it is signed, and refusals are clear."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from agreements.reading import parse_agreement
from agreements.template import TEMPLATE
from cli.agreement import app
from ledger.reading import LedgerReader
from node.config import NodeHome, NodeSettings, create_home
from symbolon.rpc.errors import ErrorCode
from symbolon.rpc.folder import certify_party, create_authority
from symbolon.rpc.identity import Party

FR, DE, GR = "FR-DNMS", "DE-ZASM", "GR-YPAM"
RUNNING = TEMPLATE.replace("until = 2027-12-31", "until = 2099-12-31")
HASH = parse_agreement(RUNNING).hash.hex()


@dataclass
class Table:
    """The homes of the agencies, and the file between them."""

    homes: dict[str, NodeHome]
    text: Path
    bundle: Path

    def run(self, agency: str, command: str, *arguments: object, said: str = "") -> tuple[int, Any]:
        """Run a command as an agency, with JSON unless something is typed; give the exit code and what was printed."""
        home = [] if command in ("show", "check", "diff", "new") else ["--home", str(self.homes[agency].folder)]
        form = [] if said else ["--json"]
        done = CliRunner().invoke(app, [command, *map(str, arguments), *home, *form], input=said or None)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output if said else json.loads(done.stdout)

    def sign(self, *agencies: str) -> None:
        """Have agencies sign one after the other."""
        for agency in agencies:
            command = ("countersign", self.bundle) if self.bundle.exists() else ("sign", self.text)
            code, told = self.run(agency, *command, "--fingerprint", HASH)
            assert code == 0, told

    def conclude(self) -> None:
        """Have both sign and accept."""
        self.sign(FR, DE)
        for agency in (FR, DE):
            assert self.run(agency, "accept", self.bundle)[0] == 0

    def listed(self, agency: str) -> list[dict[str, Any]]:
        """Give what an agency's list says."""
        agreements: list[dict[str, Any]] = self.run(agency, "list")[1]["agreements"]
        return agreements

    def logged(self, agency: str) -> list[str]:
        """Give the types of an agency's log."""
        return [entry.event.type for entry in LedgerReader(self.homes[agency].ledger_path).entries()]


def home_of(folder: Path, agency: str) -> NodeHome:
    settings = NodeSettings(
        agency=agency,
        display_name=agency,
        listen="127.0.0.1:0",
        address="127.0.0.1:1",
        coordinator="HUB",
        coordinator_address="127.0.0.1:1",
        contact="desk@example.example",
        declared_records=100,
    )
    home = create_home(folder / agency, settings)
    certify_party(home.folder, Party.agency(agency), folder / "authority", datetime.now(UTC))
    return home


@pytest.fixture
def table(tmp_path: Path) -> Table:
    create_authority(tmp_path / "authority", "Authority of the tests", datetime.now(UTC))
    text = tmp_path / "fr-de.toml"
    text.write_text(RUNNING, encoding="utf-8")
    homes = {agency: home_of(tmp_path, agency) for agency in (FR, DE, GR)}
    return Table(homes, text, tmp_path / "fr-de.toml.signed")


def code_of(answer: tuple[int, Any]) -> ErrorCode:
    exit_code, told = answer
    found = ErrorCode[told["error"]["code"].upper()]
    assert exit_code == found.value.exit_code
    return found


def test_an_agreement_is_in_force_at_whoever_accepts_what_both_signed(table: Table) -> None:
    table.sign(FR)
    assert table.listed(FR)[0]["state"] == "awaiting signatures"
    assert table.listed(FR)[0]["unsigned"] == [DE]
    table.sign(DE)
    assert table.listed(DE)[0]["state"] == "awaiting acceptance"
    code, told = table.run(FR, "accept", table.bundle)
    assert (code, told["hash"], told["accepted"]) == (0, HASH, True)
    assert told["stands"].startswith("in force here from now to ")
    assert [(one["state"], one["in_force_with"]) for one in table.listed(FR)] == [("in force", [DE])]
    assert table.listed(DE)[0]["state"] == "awaiting acceptance"
    assert table.logged(FR) == ["agreement_signed", "agreement_accepted"]


def test_whoever_signs_reads_the_text_and_types_its_fingerprint(table: Table) -> None:
    code, shown = table.run(FR, "sign", table.text, said=HASH[:8] + "\n")
    assert code == 0
    assert shown.index("Agreement on blind queries") < shown.index(HASH) < shown.index("type the first 8 characters")
    assert table.bundle.exists()


@pytest.mark.parametrize("typed", ["00000000", HASH[:7], HASH[1:9], "yes"])
def test_another_fingerprint_signs_nothing(table: Table, typed: str) -> None:
    code, shown = table.run(FR, "sign", table.text, said=typed + "\n")
    assert code == ErrorCode.INVALID_INPUT.value.exit_code
    assert "nothing is signed" in shown
    assert code_of(table.run(FR, "sign", table.text, "--fingerprint", typed)) is ErrorCode.INVALID_INPUT
    assert not table.bundle.exists()
    assert table.listed(FR) == []


def test_nobody_is_asked_where_json_is_wanted(table: Table) -> None:
    assert code_of(table.run(FR, "sign", table.text)) is ErrorCode.INVALID_INPUT
    table.conclude()
    assert code_of(table.run(FR, "suspend", "fr-de-2026")) is ErrorCode.INVALID_INPUT


def test_signatures_already_collected_are_not_overwritten(table: Table) -> None:
    table.sign(FR, DE)
    before = table.bundle.read_bytes()
    assert code_of(table.run(FR, "sign", table.text, "--fingerprint", HASH)) is ErrorCode.INVALID_INPUT
    assert table.run(FR, "countersign", table.bundle, "--fingerprint", HASH)[0] == 0
    assert table.bundle.read_bytes() == before, "signed already: nothing to add"


def test_a_text_whose_validity_is_over_is_neither_shown_to_be_signed_nor_signed(table: Table) -> None:
    table.text.write_text(TEMPLATE.replace("until = 2027-12-31", "until = 2026-02-01"), encoding="utf-8")
    code, shown = table.run(FR, "sign", table.text, said="never read\n")
    assert code == ErrorCode.AGREEMENT_REFUSED.value.exit_code
    assert "its validity is over since 2026-02-01: all parties sign a text with a later last day" in shown
    assert "Fingerprint" not in shown
    assert not table.bundle.exists()
    assert table.logged(FR) == []


def test_another_text_of_a_version_that_is_signed_already_is_signed_with_a_warning_and_after_acceptance_not(
    table: Table,
) -> None:
    table.sign(FR, DE)
    other = table.text.with_name("other.toml")
    other.write_text(RUNNING.replace("maximum = 2", "maximum = 1"), encoding="utf-8")
    other_hash = parse_agreement(other.read_text()).hash.hex()
    code, told = table.run(FR, "sign", other, "--fingerprint", other_hash)
    assert code == 0
    assert f"{FR} has signed another text of version 1 already ({HASH[:8]})" in told["warnings"][0]
    other.with_name("other.toml.signed").unlink()
    shown = table.run(FR, "sign", other, said=other_hash[:8] + "\n")[1]
    assert "Mind: " in shown
    assert table.run(FR, "accept", table.bundle)[1]["warnings"] == [
        told["warnings"][0].replace(HASH[:8], other_hash[:8])
    ]
    other.with_name("other.toml.signed").unlink()
    answer = table.run(FR, "sign", other, "--fingerprint", other_hash)
    assert code_of(answer) is ErrorCode.AGREEMENT_REFUSED
    assert f"make this version 2 and put {HASH} into supersedes" in answer[1]["error"]["detail"]


def test_a_text_signed_before_is_signed_once_and_no_signature_kept_is_lost(table: Table) -> None:
    table.sign(FR, DE)
    table.run(FR, "countersign", table.bundle, "--fingerprint", HASH)
    table.bundle.rename(table.bundle.with_suffix(".lost"))
    code, told = table.run(FR, "sign", table.text, "--fingerprint", HASH)
    assert (code, told["missing"]) == (0, [])
    assert told["warnings"] == [f"{FR} has signed this very text already: its signature is kept and not made again"]
    assert table.logged(FR) == ["agreement_signed"]
    assert table.run(FR, "accept", table.bundle)[1]["warnings"] == []
    assert table.run(FR, "accept", table.bundle)[1]["warnings"] == [
        "this very text is accepted here already: nothing changes"
    ]


def test_an_agreement_that_says_the_same_under_another_name_is_warned_of(table: Table) -> None:
    table.conclude()
    twin = table.text.with_name("twin.toml")
    twin.write_text(RUNNING.replace('id = "fr-de-2026"', 'id = "fr-de-2027"'), encoding="utf-8")
    twin_hash = parse_agreement(twin.read_text()).hash.hex()
    code, told = table.run(FR, "sign", twin, "--fingerprint", twin_hash)
    assert code == 0
    assert f"it says the same as fr-de-2026 v1 ({HASH[:8]})" in told["warnings"][0]


def test_a_later_version_may_be_signed_before_the_one_before_is_accepted_with_a_warning(table: Table) -> None:
    text = RUNNING.replace("version = 1", "version = 2").replace('supersedes = ""', f'supersedes = "{HASH}"')
    table.text.write_text(text, encoding="utf-8")
    code, told = table.run(FR, "sign", table.text, "--fingerprint", parse_agreement(text).hash.hex())
    assert code == 0
    assert told["warnings"] == ["accept version 1 first, or accept this one as an agency that joins (--acceding)"]


def test_a_half_signed_agreement_is_refused_and_who_is_missing_is_told(table: Table) -> None:
    table.sign(FR)
    answer = table.run(FR, "accept", table.bundle)
    assert code_of(answer) is ErrorCode.AGREEMENT_UNSIGNED
    assert answer[1]["error"]["detail"] == f"not signed yet by {DE}"


def test_a_tampered_bundle_is_neither_countersigned_nor_accepted(table: Table) -> None:
    table.sign(FR)
    values = json.loads(table.bundle.read_text())
    values["agreement"]["answer"]["maximum"] = 1
    table.bundle.write_text(json.dumps(values))
    for command in (["countersign", table.bundle, "--fingerprint", HASH], ["accept", table.bundle]):
        answer = table.run(DE, *command)  # type: ignore[arg-type]
        assert code_of(answer) is ErrorCode.AGREEMENT_UNSIGNED
        assert "under another text" in answer[1]["error"]["detail"]


def test_a_third_agency_neither_signs_nor_accepts(table: Table) -> None:
    answer = table.run(GR, "sign", table.text, "--fingerprint", HASH)
    assert code_of(answer) is ErrorCode.AGREEMENT_REFUSED
    assert f"{GR} is no party" in answer[1]["error"]["detail"]
    table.sign(FR, DE)
    assert code_of(table.run(GR, "accept", table.bundle)) is ErrorCode.AGREEMENT_REFUSED


def test_what_is_no_bundle_is_said_to_be_none(table: Table) -> None:
    assert code_of(table.run(FR, "accept", table.text)) is ErrorCode.INVALID_INPUT
    assert code_of(table.run(FR, "accept", table.text.with_name("none"))) is ErrorCode.INVALID_INPUT


def test_suspending_and_resuming_is_for_who_did_it_and_the_reason_is_kept_apart(table: Table) -> None:
    table.conclude()
    assert code_of(table.run(FR, "resume", "fr-de-2026", "--reason", "none")) is ErrorCode.DECLARATION_REFUSED
    code, told = table.run(FR, "suspend", "fr-de-2026", "--reason", "order of the court in Melun", "--user", "a.chief")
    assert (code, told["agreements"][0]["state"], told["agreements"][0]["suspended_by"]) == (0, "suspended", [FR])
    (remark,) = told["agreements"][0]["remarks"]
    assert re.fullmatch(f"suspended by {FR} since ....-..-.. ..:.. UTC, until {FR} resumes it", remark)
    entry = list(LedgerReader(table.homes[FR].ledger_path).entries())[-1]
    assert entry.event.type == "agreement_suspended"
    assert set(entry.commitments) == {"reason", "user"}
    assert b"Melun" not in entry.body
    code, told = table.run(FR, "resume", HASH[:8], "--reason", "order lifted")
    assert (code, told["agreements"][0]["state"]) == (0, "in force")


def test_a_termination_keeps_the_notice_and_cannot_be_taken_back(table: Table) -> None:
    table.conclude()
    short = table.run(DE, "terminate", "fr-de-2026", "--reason", "act", "--last-day", "2026-01-02")
    assert code_of(short) is ErrorCode.DECLARATION_REFUSED
    assert "at the earliest" in short[1]["error"]["detail"]
    code, told = table.run(DE, "terminate", "fr-de-2026", "--reason", "act", "--last-day", "2090-01-01")
    assert (code, told["agreements"][0]["ends"]) == (0, {DE: "2090-01-01"})
    assert told["agreements"][0]["remarks"] == [f"ended by {DE}: last day is 2090-01-01"]
    later = table.run(DE, "terminate", "fr-de-2026", "--reason", "act", "--last-day", "2091-01-01")
    assert code_of(later) is ErrorCode.DECLARATION_REFUSED
    code, told = table.run(DE, "terminate", "fr-de-2026", "--reason", "act")
    assert code == 0, "an earlier end may still be declared"
    assert told["agreements"][0]["ends"][DE] < "2090-01-01"
    assert code_of(table.run(DE, "resume", "fr-de-2026", "--reason", "act")) is ErrorCode.DECLARATION_REFUSED


def test_an_amendment_supersedes_and_both_versions_are_suspended_by_their_id(table: Table) -> None:
    table.conclude()
    text = RUNNING.replace("version = 1", "version = 2").replace('supersedes = ""', f'supersedes = "{HASH}"')
    second = table.text.with_name("second.toml")
    second.write_text(text.replace("from = 2026-01-01", "from = 2090-01-01"), encoding="utf-8")
    new_hash = parse_agreement(second.read_text()).hash.hex()
    for agency, command, file in ((FR, "sign", second), (DE, "countersign", f"{second}.signed")):
        assert table.run(agency, command, file, "--fingerprint", new_hash)[0] == 0
    assert table.run(FR, "accept", f"{second}.signed")[0] == 0
    assert [(one["state"], one["superseded_from"]) for one in table.listed(FR)] == [
        ("in force", "2090-01-01"),
        ("to begin", None),
    ]
    assert table.listed(FR)[0]["remarks"] == ["replaced by a later version from 2090-01-01"]
    code, told = table.run(FR, "suspend", "fr-de-2026", "--reason", "all of it")
    assert (code, [one["suspended_by"] for one in told["agreements"]]) == (0, [[FR], [FR]])
    code, told = table.run(None, "diff", table.text, second)  # type: ignore[arg-type]
    assert code == 0
    assert {one["place"] for one in told["differences"]} >= {"version", "validity.from"}


def test_what_is_not_here_is_said_to_be_unknown(table: Table) -> None:
    assert code_of(table.run(FR, "suspend", "fr-de-2026", "--reason", "x")) is ErrorCode.AGREEMENT_UNKNOWN
    table.sign(FR, DE)
    assert code_of(table.run(FR, "suspend", "fr-de-2026", "--reason", "x")) is ErrorCode.AGREEMENT_UNKNOWN


def test_a_bundle_is_shown_with_its_signatures_and_yaml_like_toml(table: Table) -> None:
    table.sign(FR)
    code, told = table.run(FR, "show", table.bundle)
    assert (code, told["hash"], [one["agency"] for one in told["signatures"]]) == (0, HASH, [FR])
    written = table.text.with_name("fr-de.yaml")
    written.write_text(yaml.safe_dump(tomllib.loads(RUNNING)), encoding="utf-8")
    for file in (table.text, written):
        text = table.run(FR, "show", file)[1]
        assert (text["hash"], text["signatures"]) == (HASH, [])


def test_an_empty_list_says_what_follows(table: Table) -> None:
    done = CliRunner().invoke(app, ["list", "--home", str(table.homes[FR].folder)])
    assert "nobody may ask and nothing is answered" in done.output


def _agreement(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_a_new_agreement_is_written_once_and_checks(tmp_path: Path) -> None:
    file = str(tmp_path / "texts" / "fr-de.toml")
    assert _agreement("new", file)[0] == 0
    code, checked = _agreement("check", file)
    assert (code, checked["valid"]) == (0, True)
    assert _agreement("show", file)[1]["hash"] == checked["hash"]
    assert _agreement("new", file)[1]["error"]["code"] == "invalid_input"


def test_a_check_names_every_faulty_clause_at_once(tmp_path: Path) -> None:
    file = tmp_path / "fr-de.toml"
    file.write_text(TEMPLATE.replace("version = 1", "version = 0").replace("maximum = 2", "maximum = 5"))
    code, checked = _agreement("check", str(file))
    assert code == 3
    assert {error["place"] for error in checked["errors"]} == {"version", "answer.maximum"}


def test_a_file_that_cannot_be_read_is_a_clear_error(tmp_path: Path) -> None:
    for command in ("check", "show"):
        assert _agreement(command, str(tmp_path / "none.toml"))[1]["error"]["code"] == "invalid_input"
