"""``symbolon audit key``, ``checkpoint``, ``proof``, ``check``: what leaves the house, and who believes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli import audit
from cli.audit_proofs import signing_key
from coordinator.home import CoordinatorSettings
from ledger.checkpoints import parse_checkpoint, verify_checkpoint
from ledger.cosignatures import CosignatureKey, cosign
from ledger.entries import Statement
from ledger.events import QueryRefused
from ledger.log import Ledger
from ledger.notes import Note, VerifierKey, parse_note
from ledger.proofs import parse_proof
from ledger.reading import LedgerReader
from ledger.tiles import tile_path
from matching.keys import SigningKey
from node.config import NodeSettings, create_home
from symbolon.rpc.errors import ErrorCode
from symbolon.rpc.folder import write_whole
from symbolon.rpc.settings import write_settings
from verifier.command import main as symbolon_verify

ORIGIN = "symbolon/agency/FR-DNMS/ledger"
STATEMENT = Statement(
    QueryRefused(envelope_digest="00", sender="symbolon://agency/DE-ZASM", reason="fishing"), {"user": "a.analyst"}
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    settings = NodeSettings(
        agency="FR-DNMS",
        display_name="DNMS",
        listen="127.0.0.1:1",
        address="127.0.0.1:1",
        coordinator="HUB",
        coordinator_address="127.0.0.1:2",
        contact="dnms@example",
        declared_records=10,
    )
    create_home(tmp_path, settings)
    with Ledger(tmp_path / "data" / "ledger.db") as ledger:
        ledger.append(*[STATEMENT] * 5)
    return tmp_path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(audit.app, list(arguments))


def _printed(home: Path, *arguments: str) -> str:
    result = _run(*arguments, "--home", str(home))
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def proof(home: Path) -> Path:
    file = home / "3.tlog-proof"
    file.write_bytes(_printed(home, "proof", "3").encode())
    return file


def test_a_checkpoint_is_signed_by_the_key_that_is_printed(home: Path) -> None:
    key = VerifierKey.parse(_printed(home, "key").strip())
    text = _printed(home, "checkpoint")
    signed = verify_checkpoint(parse_note(text.encode()), ORIGIN, [key])
    assert signed.head == LedgerReader(home / "data" / "ledger.db").head()
    assert json.loads(_printed(home, "checkpoint", "--json")) == {
        "checkpoint": text,
        "size": 5,
        "root": signed.head.root.hex(),
    }
    assert json.loads(_printed(home, "key", "--json")) == {"key": str(key)}


def test_a_proof_is_verified_from_file_and_key_alone(home: Path, proof: Path) -> None:
    key = _printed(home, "key").strip()
    (home / "france.key").write_text(key + "\n")
    for given in (key, str(home / "france.key")):
        result = _run("check", str(proof), "--key", given, "--json")
        shown = json.loads(result.stdout)
        assert (result.exit_code, shown["verified"], shown["origin"], shown["size"]) == (0, True, ORIGIN, 5)
        assert shown["entry"] == next(LedgerReader(home / "data" / "ledger.db").entries(3)).to_json()
    said = _run("check", str(proof), "--key", key).stdout
    assert said.startswith("Entry 3 (query refused, ")
    assert said.endswith(f"is in the log {ORIGIN} of 5 entries.\n")


def test_a_proof_is_under_the_newest_head_that_a_witness_has_cosigned_where_that_reaches_it(home: Path) -> None:
    """Else nobody could check it without trusting whose log it is."""
    witness = SigningKey.generate()
    _printed(home, "checkpoint")
    with Ledger(home / "data" / "ledger.db") as ledger:
        head = ledger.sign_head(ORIGIN, signing_key(home))
        ledger.keep_cosigned(Note(head.text, (*head.signatures, cosign(head, "hub", witness, 1))), None)
        ledger.append(STATEMENT)
    key, known = home / "home.key", str(CosignatureKey("hub", witness.public_key()))
    key.write_text(_printed(home, "key"))
    for number, code in ((3, 0), (6, 1)):
        file = home / f"{number}.tlog-proof"
        file.write_text(_printed(home, "proof", str(number)))
        assert symbolon_verify([str(file), "--key", str(key), "--witness", known]) == code


def test_a_log_laid_out_as_tiles_is_checked_by_key_and_files_alone(home: Path, tmp_path: Path) -> None:
    with Ledger(home / "data" / "ledger.db") as ledger:
        ledger.append(*[STATEMENT] * 600)
    folder, key = tmp_path / "tiles", tmp_path / "log.key"
    key.write_text(_printed(home, "key"))
    _printed(home, "tiles", str(folder))
    assert _run("tiles", str(folder), "--home", str(home)).exit_code == ErrorCode.INVALID_INPUT.value.exit_code
    checked = json.loads(_run("check", str(folder), "--key", str(key), "--json").stdout)
    assert checked == {"origin": ORIGIN, "size": 605, "verified": True}
    assert all(b"a.analyst" not in file.read_bytes() for file in folder.rglob("*") if file.is_file())
    bundle = folder / tile_path("entries", 1)
    bundle.write_bytes(bundle.read_bytes().replace(b"fishing", b"nothing", 1))
    assert _run("check", str(folder), "--key", str(key)).exit_code == ErrorCode.PROOF_REFUSED.value.exit_code


def test_nothing_personal_is_in_a_proof(proof: Path) -> None:
    assert b"analyst" not in parse_proof(proof.read_bytes()).extra
    assert b"commitments" in parse_proof(proof.read_bytes()).extra


def _refused(proof: Path, key: str) -> str:
    result = _run("check", str(proof), "--key", key, "--json")
    code: str = json.loads(result.stdout)["error"]["code"]
    assert result.exit_code == {"proof_refused": 37, "invalid_input": 3}[code]
    return code


def test_a_proof_under_another_key_or_with_anything_changed_is_refused(home: Path, proof: Path) -> None:
    key = _printed(home, "key").strip()
    assert _refused(proof, str(VerifierKey(ORIGIN, SigningKey.generate().public_key()))) == "proof_refused"
    whole = proof.read_text()
    changes = {"index 2": "index 3", "\n5\n": "\n6\n", "extra ey": "extra fy", "@v1": "@v2"}
    for change, code in zip(changes.items(), ["proof_refused"] * 3 + ["invalid_input"], strict=True):
        assert change[0] in whole
        proof.write_text(whole.replace(*change))
        assert _refused(proof, key) == code


@pytest.mark.parametrize("key", ["no+key", "nowhere.key"])
def test_what_is_no_key_is_refused(proof: Path, key: str) -> None:
    assert _refused(proof, key) == "invalid_input"


def test_a_proof_of_another_log_of_the_same_key_is_refused(home: Path, proof: Path) -> None:
    key = VerifierKey.parse(_printed(home, "key").strip())
    other = VerifierKey("symbolon/agency/DE-ZASM/ledger", key.public)
    assert _refused(proof, str(other)) == "proof_refused"


def test_an_entry_that_is_not_there_has_no_proof(home: Path) -> None:
    assert _run("proof", "6", "--home", str(home), "--json").exit_code == 22


def test_a_party_without_a_log_or_key_says_so(home: Path, tmp_path: Path) -> None:
    assert _run("checkpoint", "--home", str(tmp_path / "empty")).exit_code == 4
    (home / "keys" / "signing.key").unlink()
    assert _run("checkpoint", "--home", str(home)).exit_code == 4
    write_whole(home / "keys" / "signing.key", b"short", secret=True)
    assert _run("checkpoint", "--home", str(home)).exit_code == 3


def test_a_coordinator_signs_under_its_own_name_once_it_has_a_key(tmp_path: Path) -> None:
    write_settings(
        tmp_path / "coordinator.toml",
        CoordinatorSettings(
            name="HUB",
            federation="Invented",
            listen="127.0.0.1:1",
            agencies=("FR-DNMS",),
            custodian="FIRST",
            custodian_address="127.0.0.1:2",
        ),
        "of an invented coordinator",
    )
    Ledger(tmp_path / "data" / "ledger.db").close()
    assert _run("checkpoint", "--home", str(tmp_path)).exit_code == 4
    write_whole(tmp_path / "keys" / "signing.key", bytes(32), secret=True)
    assert _printed(tmp_path, "checkpoint").startswith("symbolon/coordinator/HUB/ledger\n0\n")


def test_a_checkpoint_is_of_what_is_in_the_log(home: Path) -> None:
    first = parse_checkpoint(parse_note(_printed(home, "checkpoint").encode()).text).head
    with Ledger(home / "data" / "ledger.db") as ledger:
        ledger.append(STATEMENT)
    assert first.size == 5
    assert parse_checkpoint(parse_note(_printed(home, "checkpoint").encode()).text).head.size == 6
