"""Write ``composed.json``: vectors of our own for what Symbolon composes around the RFCs.

``python -m tests.vectors.generate`` (from the root of the repository) writes the file anew; it is needed only when the
protocol changes, and then ``verify`` must be changed first, from ``docs/explanation/protocol.md``. Everything that can
be is derived from fixed seeds; HPKE draws its own randomness, so the sealed parts differ from run to run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matching import lockbox, sodium
from matching.envelope import QueryBody, QueryHeader, SealedQuery, seal_query
from matching.keys import SealingKey, SigningKey
from matching.lockbox import ENTRY_BYTES, SizeClass, index_row, seal_lockbox, token_secrets
from matching.oblivious import blind, derive_key_pair, evaluate_with_proof, finalize, token_input
from matching.reply import seal_reply

FILE = Path(__file__).with_name("composed.json")
EPOCH, ASKER, RESPONDER = "2026-1", "symbolon://agency/XA-NORTH", "symbolon://agency/XB-SOUTH"
PEPPER = hashlib.sha256(b"pepper").digest()
FEATURES = [b"feature one", b"feature two", "Ωmega feature".encode()]
JUSTIFICATION = (
    '{"assurance":false,"death_penalty":"no","nature":"ordinary","offence":"migrant_smuggling",'
    '"penalty_months":120,"person_role":"suspect"}'
)


def stream(name: str) -> Callable[[int], bytes]:
    """Give a source of bytes that is the same in every run."""
    position = 0

    def take(size: int) -> bytes:
        nonlocal position
        position += size
        return hashlib.shake_256(name.encode()).digest(position)[-size:]

    return take


def generate() -> dict[str, Any]:
    """Make the whole document; bytes are hexadecimal."""
    oblivious, tokens = _oblivious()
    header = QueryHeader(
        query_id=stream("query id")(16),
        sender=ASKER,
        recipient=RESPONDER,
        epoch=EPOCH,
        normaliser_version="1",
        agreement_id="north-south-1",
        purpose="investigation",
        issued_at=1_777_000_000,
        expires_at=1_777_000_600,
        size=SizeClass.SMALL,
    )
    rows = [index_row(token, EPOCH, RESPONDER, PEPPER, "") for token in tokens]
    box = seal_lockbox(tokens, b"comparison data", header.lockbox_context(), entropy=stream("lockbox"))
    envelope, keys = _envelope(header, box)
    return {
        "comment": "See tests/vectors/generate.py. Nobody in here exists.",
        "oblivious": oblivious,
        "index": {
            "pepper": PEPPER.hex(),
            "epoch": EPOCH,
            "responder": RESPONDER,
            "rows": [
                {
                    "token": token.hex(),
                    "tag": token_secrets(token, EPOCH, RESPONDER).tag.hex(),
                    "wrap_secret": token_secrets(token, EPOCH, RESPONDER).wrap_secret.hex(),
                    "lookup": row.lookup.hex(),
                    "masked": row.masked.hex(),
                }
                for token, row in zip(tokens, rows, strict=True)
            ],
        },
        "header": {**asdict(header), "query_id": header.query_id.hex(), "bytes": header.to_bytes().hex()},
        "lockbox": {"payload": b"comparison data".hex(), "bytes": box.hex()},
        "bad_lockboxes": _bad_lockboxes(header, tokens, box),
        "keys": keys,
        "envelope": envelope,
        "reply": _reply(SealedQuery.from_bytes(bytes.fromhex(envelope["bytes"]))),
    }


def _oblivious() -> tuple[dict[str, Any], list[bytes]]:
    seed = hashlib.sha256(b"custodian").digest()
    key = derive_key_pair(seed, b"symbolon vectors")
    inputs = [token_input(EPOCH, feature) for feature in FEATURES]
    blinds = [sodium.random_scalar(stream(f"blind {number}")) for number in range(len(inputs))]
    nonce = sodium.random_scalar(stream("nonce"))
    batch = blind(inputs, blinds=blinds)
    evaluation = evaluate_with_proof(key, batch.elements, nonce=nonce)
    tokens = finalize(batch, evaluation, key.public_key())
    document = {
        "seed": seed.hex(),
        "info": b"symbolon vectors".hex(),
        "private_key": key.scalar.hex(),
        "public_key": key.public_key().hex(),
        "epoch": EPOCH,
        "features": [feature.hex() for feature in FEATURES],
        "inputs": [one.hex() for one in inputs],
        "blinds": [one.hex() for one in blinds],
        "blinded": [one.hex() for one in batch.elements],
        "evaluated": [one.hex() for one in evaluation.elements],
        "nonce": nonce.hex(),
        "proof": evaluation.proof.hex(),
        "tokens": [one.hex() for one in tokens],
    }
    return document, list(tokens)


def _seeds() -> tuple[SigningKey, SealingKey, SigningKey, SealingKey]:
    def seed(name: str) -> bytes:
        return hashlib.sha256(name.encode()).digest()

    return (
        SigningKey(seed("asker signing")),
        SealingKey(seed("responder sealing")),
        SigningKey(seed("responder signing")),
        SealingKey(seed("one-time reply")),
    )


def _envelope(header: QueryHeader, box: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    asker, responder, responder_signing, reply = _seeds()
    body = QueryBody(reply.public_key(), JUSTIFICATION, "Article 26", "case № 7", "analyst-3", bytes(range(32)), box)
    query = seal_query(header, body, responder.public_key(), asker)
    keys = {
        "asker_signing_public": asker.public_key().raw.hex(),
        "responder_sealing_seed": responder.seed.hex(),
        "responder_sealing_public": responder.public_key().raw.hex(),
        "responder_signing_public": responder_signing.public_key().raw.hex(),
        "reply_seed": reply.seed.hex(),
    }
    texts = {name: getattr(body, name) for name in ("justification", "legal_basis", "case_reference", "user_id")}
    document = {
        "bytes": query.to_bytes().hex(),
        "digest": query.digest().hex(),
        **texts,
        "agreement_hash": body.agreement_hash.hex(),
    }
    return document, keys


def _reply(query: SealedQuery) -> dict[str, str]:
    _, _, responder, reply = _seeds()
    content = b"nothing known"
    return {
        "content": content.hex(),
        "bytes": seal_reply(content, reply.public_key(), query.reply_context(), responder).hex(),
    }


def _bad_lockboxes(header: QueryHeader, tokens: list[bytes], box: bytes) -> list[dict[str, Any]]:
    """Each one opens with the rows above in a careless implementation, and must be refused."""
    context = header.lockbox_context()
    salt, end = box[:32], 32 + 64 * ENTRY_BYTES
    entries = [box[place : place + ENTRY_BYTES] for place in range(32, end, ENTRY_BYTES)]
    first, second = (token_secrets(token, EPOCH, RESPONDER) for token in tokens[:2])
    mine = {secrets.tag: next(one for one in entries if one.startswith(secrets.tag)) for secrets in (first, second)}

    def replaced(old: bytes, new: bytes) -> bytes:
        return salt + b"".join(sorted(new if one == old else one for one in entries)) + box[end:]

    padding = next(one for one in entries if one[:16] not in {token_secrets(t, EPOCH, RESPONDER).tag for t in tokens})
    key = lockbox._check_and_decrypt(first.wrap_secret, "wrap", context, salt, mine[first.tag][16:])
    noisy = lockbox._commit_and_encrypt(key, "payload", context, salt, bytes(4) + b"x" + bytes(4_091))
    cases = {
        "wrapping of one token under the tag of another": replaced(mine[second.tag], second.tag + mine[first.tag][16:]),
        "two entries with different payload keys": replaced(
            mine[second.tag], lockbox._entry(second, bytes(32), context, salt)
        ),
        "the same tag twice": replaced(padding, first.tag + padding[16:]),
        "entries not in order": box[:32] + entries[1] + entries[0] + b"".join(entries[2:]) + box[end:],
        "changed payload": box[:-20] + bytes([box[-20] ^ 1]) + box[-19:],
        "padding that is not zeros": box[:end] + noisy,
    }
    documents = [{"name": name, "patches": _patches(box, case)} for name, case in cases.items()]
    return [*documents, {"name": "one byte too long", "patches": [[len(box), "00"]]}]


def _patches(base: bytes, changed: bytes) -> list[list[Any]]:
    """Give the differing runs as [offset, hexadecimal], so that the file stays readable."""
    patches: list[list[Any]] = []
    for place in range(0, len(base), 16):
        if base[place : place + 16] != changed[place : place + 16]:
            patches.append([place, changed[place : place + 16].hex()])
    return patches


if __name__ == "__main__":
    FILE.write_text(json.dumps(generate(), indent=1, ensure_ascii=False) + "\n")
    print(f"wrote {FILE.name}")  # noqa: T201
