"""Our own vectors hold for an implementation that shares nothing with ours, and ours opens what is committed."""

from __future__ import annotations

import ast
import copy
import json
from pathlib import Path
from typing import Any

import pytest

from matching.envelope import QueryHeader, SealedQuery, open_query
from matching.errors import LockboxError
from matching.keys import SealingKey, SigningPublicKey
from matching.lockbox import IndexRow, open_lockbox
from matching.oblivious import PrivateKey, blind, evaluate_with_proof, finalize
from matching.reply import open_reply
from tests.vectors.generate import generate
from tests.vectors.verify import FILE, Refused, verify

DOCUMENT: dict[str, Any] = json.loads(FILE.read_text())
SEALED_PARTS = ("envelope", "reply")  # HPKE draws its own randomness


def raw(*path: str) -> bytes:
    value: Any = DOCUMENT
    for name in path:
        value = value[name]
    return bytes.fromhex(value)


def rows() -> list[IndexRow[str]]:
    return [
        IndexRow(bytes.fromhex(row["lookup"]), bytes.fromhex(row["masked"]), "record")
        for row in DOCUMENT["index"]["rows"]
    ]


def test_the_independent_verifier_accepts_the_file() -> None:
    verify(DOCUMENT)


def test_the_verifier_and_its_group_import_nothing_of_ours_but_each_other() -> None:
    for name in ("verify.py", "ristretto.py"):
        tree = ast.parse(Path(__file__).with_name(name).read_text())
        modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert not {module for module in modules if module.split(".")[0] in ("matching", "symbolon", "rbcl")}
        assert {module for module in modules if module.startswith("tests")} <= {"tests.vectors"}


def test_what_is_generated_today_is_what_is_in_the_file_and_verifies() -> None:
    fresh = generate()
    verify(fresh)
    for part, committed in DOCUMENT.items():
        if part not in SEALED_PARTS:
            assert json.loads(json.dumps(fresh[part])) == committed, part


@pytest.mark.parametrize(
    "path",
    [
        ("oblivious", "tokens"), ("oblivious", "proof"), ("oblivious", "evaluated"), ("index", "pepper"),
        ("header", "purpose"), ("header", "expires_at"), ("lockbox", "bytes"), ("lockbox", "payload"),
        ("envelope", "bytes"), ("envelope", "case_reference"), ("keys", "responder_sealing_seed"),
        ("keys", "asker_signing_public"), ("reply", "bytes"), ("reply", "content"),
    ],
    ids="-".join,
)  # fmt: skip
def test_the_verifier_refuses_a_file_with_anything_changed(path: tuple[str, str]) -> None:
    document = copy.deepcopy(DOCUMENT)
    part, name = path
    document[part][name] = changed(document[part][name])
    with pytest.raises(Refused):
        verify(document)


def changed(value: Any) -> Any:
    if isinstance(value, list):
        return [changed(value[0]), *value[1:]]
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str) and len(value) % 2 == 0 and set(value) <= set("0123456789abcdef"):
        return value[:-2] + f"{int(value[-2:], 16) ^ 1:02x}"
    return value + "!"


def test_the_verifier_refuses_a_file_whose_bad_lockbox_is_good() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["bad_lockboxes"][0]["patches"] = []
    with pytest.raises(Refused, match="accepted"):
        verify(document)


def test_our_client_and_custodian_reproduce_the_file() -> None:
    vector = DOCUMENT["oblivious"]
    lists = {name: [bytes.fromhex(one) for one in vector[name]] for name in ("inputs", "blinds", "blinded", "tokens")}
    batch = blind(lists["inputs"], blinds=lists["blinds"])
    assert list(batch.elements) == lists["blinded"]
    key = PrivateKey(raw("oblivious", "private_key"))
    evaluation = evaluate_with_proof(key, batch.elements, nonce=raw("oblivious", "nonce"))
    assert evaluation.proof == raw("oblivious", "proof")
    assert list(finalize(batch, evaluation, raw("oblivious", "public_key"))) == lists["tokens"]


def test_our_responder_opens_the_committed_envelope_and_its_lockbox() -> None:
    query = SealedQuery.from_bytes(raw("envelope", "bytes"))
    sealing = SealingKey(raw("keys", "responder_sealing_seed"))
    assert sealing.public_key().raw == raw("keys", "responder_sealing_public")
    sender = SigningPublicKey(raw("keys", "asker_signing_public"))
    body = open_query(query, DOCUMENT["index"]["responder"], sealing, sender)
    assert body.case_reference == DOCUMENT["envelope"]["case_reference"]
    found = open_lockbox(body.lockbox, query.header.lockbox_context(), raw("index", "pepper"), lambda values: rows())
    assert found is not None
    assert found.payload == raw("lockbox", "payload")
    assert len(found.openings) == len(DOCUMENT["oblivious"]["tokens"])


def test_our_asker_opens_the_committed_reply() -> None:
    query = SealedQuery.from_bytes(raw("envelope", "bytes"))
    assert query.digest() == raw("envelope", "digest")
    responder = SigningPublicKey(raw("keys", "responder_signing_public"))
    reply = open_reply(raw("reply", "bytes"), SealingKey(raw("keys", "reply_seed")), query.reply_context(), responder)
    assert reply == raw("reply", "content")


@pytest.mark.parametrize("case", DOCUMENT["bad_lockboxes"], ids=lambda case: case["name"])
def test_our_responder_refuses_every_bad_lockbox(case: dict[str, Any]) -> None:
    box = bytearray(raw("lockbox", "bytes"))
    for place, patch in case["patches"]:
        box[place : place + len(patch) // 2] = bytes.fromhex(patch)
    context = QueryHeader.from_bytes(raw("header", "bytes")).lockbox_context()
    with pytest.raises(LockboxError):
        open_lockbox(
            bytes(box), context, raw("index", "pepper"), lambda values: [r for r in rows() if r.lookup in values]
        )
