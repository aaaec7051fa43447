"""``symbolon-verify``: what it needs, prints and gives as exit code, on honest, false and hostile files."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements.signing import bundle_of, write_bundle
from ledger.checkpoints import parse_checkpoint
from ledger.cosignatures import CosignatureKey
from ledger.log import Ledger
from ledger.notes import parse_note
from ledger.proofs import EntryProof
from matching.keys import SigningKey
from symbolon.rpc.certificates import certificate_pem
from tests.conftest import REPOSITORY
from tests.unit.exported import Audited, walked
from tests.unit.two_desks import ASKER, HOLDER, TEXT
from verifier.command import main


@dataclass
class Files:
    """What an auditor has on disk."""

    folder: Path
    audited: Audited

    def export(self, content: bytes | None = None) -> str:
        """Write the holder's export, or other bytes."""
        path = self.folder / "holder.export"
        path.write_bytes(self.audited.exports[HOLDER] if content is None else content)
        return str(path)

    def authority(self) -> str:
        """Write the authority's certificate."""
        path = self.folder / "authority.pem"
        path.write_bytes(certificate_pem(self.audited.keys.authority.certificate))
        return str(path)

    @property
    def key(self) -> str:
        """Give the log's key."""
        return str(self.audited.parties[HOLDER].key)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("walked")
    return Files(folder, walked(folder))


def test_an_honest_export_ends_with_0_and_says_what_was_not_checked(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([files.export(), "--key", files.key, "--authority", files.authority()]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("symbolon://agency/DE-ZASM: entries 1 to ")
    assert printed[1].startswith("Checked: agreements 1, checkpoints 1, decisions 7, entries ")
    assert printed[2:] == ["Not checked: cosignatures: no --witness was given.", "Nothing was found."]


def test_findings_end_with_1_and_name_their_entry(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    content = files.audited.exports[HOLDER].replace(b'"value":"k.weber"', b'"value":"x.weber"', 1)
    assert main([files.export(content), "--key", files.key, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["right"] is False
    (finding,) = report["findings"]
    assert finding["text"] == f"Entry {finding['entry']} committed to another value of officer."


def test_nothing_personal_is_printed(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    content = files.audited.exports[HOLDER].replace(b"k.weber", b"x.weber")
    for options in ([], ["--json"]):
        assert main([files.export(content), "--key", files.key, *options]) == 1
        printed = capsys.readouterr().out
        for name in ("weber", "vogt", "durand", "Z-1", "2026/117"):
            assert name not in printed


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"{}\n", b"c2sp.org/tlog-proof@v1\n", b"[" * 10_000 + b"\n"])
def test_a_file_that_is_none_ends_with_2(files: Files, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    assert main([files.export(content), "--key", files.key]) == 2
    assert capsys.readouterr().err
    assert main([files.export(content), "--key", files.key, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize(
    "options",
    [
        ["--key", "nothing"],
        ["--key", "a+b+c"],
        ["--key", "\0"],
        ["--witness", "a+b+c"],
        ["--authority", "/dev/null"],
        ["--authority", "/no/such/file"],
        ["--agreement", "/dev/null"],
        ["--earlier", "/dev/null"],
        ["--agreement", "/dev/zero"],
    ],
)
def test_what_was_given_and_cannot_be_used_ends_with_2(files: Files, options: list[str]) -> None:
    given = [files.export(), *options] if "--key" in options else [files.export(), "--key", files.key, *options]
    assert main(given) == 2


def test_a_key_is_needed(files: Files) -> None:
    with pytest.raises(SystemExit) as ended:
        main([files.export()])
    assert ended.value.code == 2


def test_keys_and_agreements_may_be_files(files: Files, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{files.key}\n", encoding="utf-8")
    (tmp_path / "a.json").write_bytes(TEXT.canonical)
    (tmp_path / "b.bundle").write_bytes(write_bundle(bundle_of(TEXT)))
    for name in ("a.json", "b.bundle"):
        assert main([files.export(), "--key", str(tmp_path / "key"), "--agreement", str(tmp_path / name)]) == 0


def test_a_checkpoint_of_last_year_is_compared(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    party = files.audited.parties[HOLDER]
    line = next(one for one in files.audited.exports[HOLDER].splitlines() if b'"type":"checkpoint"' in one)
    kept = tmp_path / "kept.checkpoint"
    kept.write_text(json.loads(line)["note"], encoding="utf-8")
    assert main([files.export(), "--key", files.key, "--earlier", str(kept)]) == 0
    size = parse_checkpoint(parse_note(kept.read_bytes()).text).head.size
    assert f"The log begins with the {size} entries of the checkpoint that was kept." in capsys.readouterr().out
    kept.write_text(str(party.head(size, b"\1" * 32)), encoding="utf-8")
    assert main([files.export(), "--key", files.key, "--earlier", str(kept)]) == 1
    assert main([files.export(), "--key", str(files.audited.parties[ASKER].key), "--earlier", str(kept)]) == 2


@pytest.fixture(scope="module")
def proof(files: Files) -> Path:
    party = files.audited.parties[HOLDER]
    with Ledger(files.folder / HOLDER / "ledger.db") as log:
        note = log.sign_head(party.origin, party.signer)
        body, hashes = log.prove_entry(3, log.count())
    path = files.folder / "3.tlog-proof"
    path.write_text(str(EntryProof(2, hashes, note, body)), encoding="utf-8")
    return path


def test_one_file_proves_one_disclosure(files: Files, proof: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(proof), "--key", files.key]) == 0
    assert capsys.readouterr().out.startswith("Entry 3 (")
    assert main([str(proof), "--key", str(files.audited.parties[ASKER].key)]) == 1
    witness = CosignatureKey("hub", SigningKey.generate().public_key())
    assert main([str(proof), "--key", files.key, "--witness", str(witness)]) == 1
    assert "no valid cosignature of hub" in capsys.readouterr().out


def test_a_changed_proof_proves_nothing(files: Files, proof: Path, tmp_path: Path) -> None:
    content = proof.read_bytes()
    changed = tmp_path / "changed"
    for place in range(24, len(content), 17):
        changed.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert main([str(changed), "--key", files.key]) in (1, 2)


_LISTED = ("sqlite3", "grpc", "node", "coordinator", "cli", "ledger.log", "ledger.reading")
_RUN = f"""
import sys
from verifier.command import main
_BARRED = ("socket.", "sqlite3.", "subprocess.", "os.fork", "os.system", "os.exec", "os.remove", "os.rename")
def hook(event, details):
    if event.startswith(_BARRED) or (event == "open" and "w" in str(details[1])):
        raise SystemExit(99)
sys.addaudithook(hook)
code = main(sys.argv[1:])
loaded = [name for name in {_LISTED!r} if name in sys.modules]
print(code, loaded)
"""


def _loaded(*arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", _RUN, *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return run.stdout.splitlines()[-1]


def test_it_loads_no_network_and_no_database(files: Files) -> None:
    """Python's own ``email`` loads ``socket``; that nothing opens one, or writes a file, the hook tells."""
    named = ["--key", files.key, "--authority", files.authority()]
    assert _loaded(files.export(), *named) == "0 []"


def test_it_is_a_command_of_its_own(files: Files) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["scripts"]["symbolon-verify"] == "verifier.command:run"
    run = subprocess.run(
        [sys.executable, "-m", "verifier", files.export(), "--key", files.key], cwd=REPOSITORY, check=False
    )
    assert run.returncode == 0


def test_what_a_party_wrote_into_a_name_moves_no_terminal(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    content = files.audited.exports[HOLDER].replace(b'"party":"symbolon:', b'"party":"\\u001b[2J\\n', 1)
    assert main([files.export(content), "--key", files.key]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}//agency/DE-ZASM: entries 1 to ")


@settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_hostile_export_is_found_or_refused_and_never_a_crash(
    files: Files, capsys: pytest.CaptureFixture[str], data: st.DataObject
) -> None:
    """Bytes changed, lines dropped, doubled, swapped or given other values anywhere: a sentence, never a traceback."""
    lines = files.audited.exports[HOLDER].splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 3))):
        _mutate(lines, data)
    arguments = [files.export(b"".join(lines)), "--key", files.key, "--authority", files.authority(), "--json"]
    code = main(arguments)
    printed = json.loads(capsys.readouterr().out)
    assert code in (0, 1, 2)
    assert "failed" not in printed.get("error", ""), printed


_VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 2**53, 2**70, 1e400, "", "x" * 70_000, [], {}, [[]], "2026", "9" * 40]
)


def _mutate(lines: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(lines) - 1))
    kind = data.draw(st.sampled_from(["byte", "drop", "double", "swap", "value"]))
    if kind == "byte" and lines[place]:
        at = data.draw(st.integers(0, len(lines[place]) - 1))
        lines[place] = lines[place][:at] + bytes([data.draw(st.integers(0, 255))]) + lines[place][at + 1 :]
    elif kind == "drop" and len(lines) > 1:
        del lines[place]
    elif kind == "double":
        lines.insert(place, lines[place])
    elif kind == "swap":
        other = data.draw(st.integers(0, len(lines) - 1))
        lines[place], lines[other] = lines[other], lines[place]
    else:
        lines[place] = _with_value(lines[place], data)


def _with_value(line: bytes, data: st.DataObject) -> bytes:
    try:
        values = json.loads(line)
    except ValueError:
        return line
    inner = values
    while isinstance(inner, dict) and inner:
        name = data.draw(st.sampled_from(sorted(inner)))
        if not isinstance(inner[name], dict) or not inner[name] or data.draw(st.booleans()):
            inner[name] = data.draw(_VALUES)
            break
        inner = inner[name]
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode() + b"\n"
