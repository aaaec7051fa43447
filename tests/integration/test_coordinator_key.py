"""The coordinator's own key: drawn at init, certified to nodes, pinned by them, and good for the audit commands."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import audit, authority, coordinator
from coordinator.description import own_entry
from coordinator.home import load_home
from ledger.checkpoints import verify_checkpoint
from ledger.entries import Statement
from ledger.events import MailRelayed
from ledger.log import Ledger
from ledger.notes import VerifierKey, parse_note
from matching.keys import SigningKey
from node.directory.membership import verify_coordinator
from symbolon.rpc.certificates import load_certificate
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import create_authority, write_whole
from symbolon.rpc.identity import Party
from symbolon.v1.directory_pb2 import CoordinatorEntry
from tests.integration.federation import DevelopmentAuthority
from tests.integration.hub import ASKER, HUB, stage

ORIGIN = "symbolon/coordinator/HUB/ledger"


def run(app: Any, *arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """Give a coordinator's folder as ``init`` makes it, with an entry in its log."""
    run(authority.app, "init", "--home", str(tmp_path / "authority"), "--name", "Test Authority")
    of_all = ["--name", "HUB", "--federation", "Test", "--agency", "FR-DNMS", "--custodian", "FIRST"]
    run(coordinator.app, "init", "--home", str(tmp_path / "hub"), *of_all, "--authority", str(tmp_path / "authority"))
    with Ledger(load_home(tmp_path / "hub").ledger_path) as log:
        log.append(Statement(MailRelayed(sender=ASKER.uri, recipient=ASKER.uri, bags=1)))
    return tmp_path / "hub"


def test_a_fresh_coordinator_shows_its_log_to_people_outside_its_house(hub: Path, tmp_path: Path) -> None:
    key = VerifierKey.parse(json.loads(run(audit.app, "key", "--home", str(hub), "--json"))["key"])
    assert key.name == ORIGIN
    note = parse_note(json.loads(run(audit.app, "checkpoint", "--home", str(hub), "--json"))["checkpoint"].encode())
    assert verify_checkpoint(note, ORIGIN, [key]).head.size == 1
    proof = json.loads(run(audit.app, "proof", "1", "--home", str(hub), "--json"))["proof"]
    (tmp_path / "1.tlog-proof").write_text(proof)
    assert json.loads(run(audit.app, "check", str(tmp_path / "1.tlog-proof"), "--key", str(key), "--json"))["verified"]


def test_the_key_is_its_owners_alone_and_is_kept(hub: Path) -> None:
    home = load_home(hub)
    assert home.signing_path.stat().st_mode & 0o077 == 0
    before = home.signing_key()
    home.prepare_keys()
    assert home.signing_key().seed == before.seed


def test_the_certificate_vouches_for_the_key_and_for_no_other(hub: Path, tmp_path: Path) -> None:
    home, now = load_home(hub), datetime.now(UTC)
    root, entry = load_certificate(home.tls.authority.read_bytes()), own_entry(home)
    assert verify_coordinator(entry, root, HUB, now) == home.signing_key().public_key()
    create_authority(tmp_path / "other", "Other", now)
    of_another_key = CoordinatorEntry.FromString(entry.SerializeToString())
    write_whole(home.signing_path, SigningKey.generate().seed, secret=True)
    of_another_key.description = own_entry(home).description
    other_root = load_certificate((tmp_path / "other" / "authority.pem").read_bytes())
    for shown, under, named in (
        (of_another_key, root, HUB),
        (CoordinatorEntry(), root, HUB),
        (entry, root, Party("coordinator", "OTHER")),
        (entry, other_root, HUB),
    ):
        with pytest.raises(SymbolonError) as caught:
            verify_coordinator(shown, under, named, now)
        assert caught.value.code is ErrorCode.KEY_CHANGED


async def test_members_are_told_the_key_and_a_folder_without_one_gets_one(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with stage(authority, homes) as made:
        listed = await made.members(made.agency(ASKER))
        root = load_certificate((authority.folder / "authority.pem").read_bytes())
        told = verify_coordinator(listed.coordinator, root, HUB, made.now())
    assert told == made.home.signing_key().public_key()
    shutil.rmtree(made.home.signing_path.parent)
    made.home.prepare_keys()
    assert made.home.signing_key().public_key() != told
