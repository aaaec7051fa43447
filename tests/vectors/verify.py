"""Check ``composed.json`` without a line of ``matching``: written from docs/explanation/protocol.md and the RFCs.

Uses hashlib, hmac, the plain-integer ristretto255 beside this file, and from ``cryptography`` only the primitives
(ChaCha20-Poly1305, ML-KEM-768, X25519, Ed25519): HPKE, X-Wing, HKDF, hash-to-curve and the VOPRF are written out here.
``python -m tests.vectors.verify`` says whether the file holds; `verify` raises `Refused` at the first thing that
does not.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tests.vectors import ristretto as group

FILE = Path(__file__).with_name("composed.json")
CONTEXT_STRING = b"OPRFV1-\x01-ristretto255-SHA512"
ENTRY = 16 + 32 + 48


class Refused(Exception):  # noqa: N818 (it is what the verifier does)
    """The bytes are not what the protocol says they are."""


def require(condition: bool, what: str) -> None:
    """Refuse when the condition does not hold; unlike ``assert``, also under ``python -O``."""
    if not condition:
        raise Refused(what)


def verify(document: dict[str, Any]) -> None:
    """Recompute everything in the document."""
    verify_oblivious(document["oblivious"])
    rows = verify_index(document["index"])
    require(document["index"]["rows"][0]["token"] == document["oblivious"]["tokens"][0], "the index is of other tokens")
    header = header_bytes(document["header"])
    require(header.hex() == document["header"]["bytes"], "header bytes")
    payload = open_lockbox(bytes.fromhex(document["lockbox"]["bytes"]), header, document["index"], rows)
    require(payload.hex() == document["lockbox"]["payload"], "payload")
    for case in document["bad_lockboxes"]:
        verify_refusal(case, document, header, rows)
    digest = verify_envelope(document, header)
    verify_reply(document, digest)


def verify_refusal(case: dict[str, Any], document: dict[str, Any], header: bytes, rows: dict[bytes, bytes]) -> None:
    """Apply the patches of a bad lockbox and check that it is refused."""
    box = bytearray.fromhex(document["lockbox"]["bytes"])
    for place, patch in case["patches"]:
        box[place : place + len(patch) // 2] = bytes.fromhex(patch)
    try:
        open_lockbox(bytes(box), header, document["index"], rows)
    except Refused:
        return
    raise Refused(f"accepted: {case['name']}")


# Encoding.


def enc(*parts: bytes | str | int) -> bytes:
    """Each part after its length in four bytes; text in UTF-8, numbers in eight bytes."""
    out = b""
    for part in parts:
        raw = part.encode() if isinstance(part, str) else struct.pack(">Q", part) if isinstance(part, int) else part
        out += struct.pack(">I", len(raw)) + raw
    return out


def dec(data: bytes, label: str) -> list[bytes]:
    parts = []
    while data:
        (size,) = struct.unpack(">I", data[:4])
        require(4 + size <= len(data), "length")
        parts.append(data[4 : 4 + size])
        data = data[4 + size :]
    require(parts[0] == label.encode(), "label")
    return parts[1:]


def unpad(data: bytes) -> bytes:
    (size,) = struct.unpack(">I", data[:4])
    require(4 + size <= len(data) and not any(data[4 + size :]), "padding")
    return data[4 : 4 + size]


# RFC 9497, mode 1.


def expand(message: bytes, destination: bytes) -> bytes:
    suffix = destination + bytes([len(destination)])
    b0 = hashlib.sha512(bytes(128) + message + struct.pack(">HB", 64, 0) + suffix).digest()
    return hashlib.sha512(b0 + b"\x01" + suffix).digest()


def to_scalar(message: bytes, destination: bytes = b"HashToScalar-") -> int:
    return int.from_bytes(expand(message, destination + CONTEXT_STRING), "little") % group.ORDER


def two(part: bytes) -> bytes:
    return struct.pack(">H", len(part)) + part


def verify_oblivious(vector: dict[str, Any]) -> None:
    """Recompute key, blinded and evaluated elements, proof and tokens; the tokens also directly from the key."""
    seed, info = bytes.fromhex(vector["seed"]), bytes.fromhex(vector["info"])
    k = to_scalar(seed + two(info) + b"\0", b"DeriveKeyPair")
    require(k == number(vector["private_key"]), "private key")
    public = group.encode(group.multiply(k, group.BASE))
    require(public.hex() == vector["public_key"], "public key")
    blinded, evaluated = [], []
    for row in zip(
        *(vector[name] for name in ("features", "inputs", "blinds", "blinded", "evaluated", "tokens")), strict=True
    ):
        feature, text, blind, blinded_hex, evaluated_hex, token = row
        raw = enc("symbolon/v1/token", vector["epoch"], bytes.fromhex(feature))
        require(raw.hex() == text, "token input")
        point = group.from_uniform(expand(raw, b"HashToGroup-" + CONTEXT_STRING))
        blinded.append(group.encode(group.multiply(number(blind), point)))
        evaluated.append(group.encode(group.multiply(k * number(blind), point)))
        require((blinded[-1].hex(), evaluated[-1].hex()) == (blinded_hex, evaluated_hex), "elements")
        direct = group.encode(group.multiply(k, point))
        require(hashlib.sha512(two(raw) + two(direct) + b"Finalize").hexdigest() == token, "token")
    verify_proof(vector, public, k, list(zip(blinded, evaluated, strict=True)))


def verify_proof(vector: dict[str, Any], public: bytes, k: int, pairs: list[tuple[bytes, bytes]]) -> None:
    """Recompute the proof as the prover makes it, and check it as the client does."""
    r, proof = number(vector["nonce"]), vector["proof"]
    seed = hashlib.sha512(two(public) + two(b"Seed-" + CONTEXT_STRING)).digest()
    m = z = group.IDENTITY
    for index, (before, after) in enumerate(pairs):
        weight = to_scalar(two(seed) + struct.pack(">H", index) + two(before) + two(after) + b"Composite")
        m = group.add(m, group.multiply(weight, group.decode(before)))
        z = group.add(z, group.multiply(weight, group.decode(after)))
    require(group.encode(group.multiply(k, m)) == group.encode(z), "composites")
    c, s = number(proof[:64]), number(proof[64:])
    own = challenge(public, m, z, group.multiply(r, group.BASE), group.multiply(r, m))
    require((own, (r - own * k) % group.ORDER) == (c, s), "proof")
    t2 = group.add(group.multiply(s, group.BASE), group.multiply(c, group.decode(public)))
    t3 = group.add(group.multiply(s, m), group.multiply(c, z))
    require(challenge(public, m, z, t2, t3) == c, "proof as the client checks it")


def challenge(public: bytes, *points: group.Point) -> int:
    return to_scalar(two(public) + b"".join(two(group.encode(point)) for point in points) + b"Challenge")


def number(scalar: str) -> int:
    value = int.from_bytes(bytes.fromhex(scalar), "little")
    require(value < group.ORDER, "canonical scalar")
    return value


# Index and lockbox.


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def hkdf_expand(key: bytes, info: bytes, size: int) -> bytes:
    blocks = [b""]
    while len(b"".join(blocks)) < size:
        blocks.append(mac(key, blocks[-1] + info + bytes([len(blocks)])))
    return b"".join(blocks)[:size]


def verify_index(index: dict[str, Any]) -> dict[bytes, bytes]:
    """Recompute every row from its token; give wrap secrets by tag, recovered from the rows."""
    pepper, recovered = bytes.fromhex(index["pepper"]), {}
    for row in index["rows"]:
        info = enc("symbolon/v1/entry", index["epoch"], index["responder"])
        material = hkdf_expand(bytes.fromhex(row["token"]), info, 48)
        tag, secret = material[:16], material[16:]
        require((tag.hex(), secret.hex()) == (row["tag"], row["wrap_secret"]), "token secrets")
        require(mac(pepper, enc("symbolon/v1/lookup", tag))[:16].hex() == row["lookup"], "lookup value")
        mask = mac(pepper, enc("symbolon/v1/mask", tag))
        recovered[tag] = bytes(a ^ b for a, b in zip(bytes.fromhex(row["masked"]), mask, strict=True))
        require(recovered[tag] == secret, "mask")
    return recovered


def committed(secret: bytes, label: str, bound: bytes, sealed: bytes) -> bytes:
    """Compare the commitment, and only then decrypt."""
    info = enc(label) + bound
    material = hkdf_expand(secret, info, 64)
    require(hmac.compare_digest(material[:32], sealed[:32]), "commitment")
    try:
        return ChaCha20Poly1305(material[32:]).decrypt(bytes(12), sealed[32:], info)
    except InvalidTag:
        raise Refused("authentication") from None


def open_lockbox(box: bytes, header: bytes, index: dict[str, Any], rows: dict[bytes, bytes]) -> bytes:
    """Open a lockbox of class 64 with wrap secrets by tag."""
    require(len(box) == 32 + 64 * ENTRY + 32 + 4096 + 16, "size")
    bound = enc(index["epoch"], index["responder"], 64, header, box[:32])
    entries = [box[place : place + ENTRY] for place in range(32, 32 + 64 * ENTRY, ENTRY)]
    tags = [entry[:16] for entry in entries]
    require(tags == sorted(set(tags)), "order")
    keys = {committed(rows[e[:16]], "symbolon/v1/wrap", bound, e[16:]) for e in entries if e[:16] in rows}
    require(len(keys) == 1, "one payload key")
    return unpad(committed(keys.pop(), "symbolon/v1/payload", bound, box[32 + 64 * ENTRY :]))


# X-Wing, HPKE (RFC 9180), envelope and reply.


def x_wing(seed: bytes, enc_bytes: bytes) -> bytes:
    """Decapsulate (draft-connolly-cfrg-xwing-kem)."""
    expanded = hashlib.shake_256(seed).digest(96)
    mlkem, x25519 = (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )
    shared = x25519.exchange(X25519PublicKey.from_public_bytes(enc_bytes[1088:]))
    parts = mlkem.decapsulate(enc_bytes[:1088]), shared, enc_bytes[1088:], x25519.public_key().public_bytes_raw()
    return hashlib.sha3_256(b"".join(parts) + bytes.fromhex("5c2e2f2f5e5c")).digest()


def hpke_open(seed: bytes, sealed: bytes, info: bytes) -> bytes:
    """Base mode, X-Wing, HKDF-SHA256, ChaCha20-Poly1305, first message, no AAD."""
    suite = b"HPKE" + struct.pack(">HHH", 0x647A, 1, 3)

    def extract(salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return mac(salt or bytes(32), b"HPKE-v1" + suite + label + ikm)

    def derive(label: bytes, size: int) -> bytes:
        return hkdf_expand(secret, struct.pack(">H", size) + b"HPKE-v1" + suite + label + schedule, size)

    schedule = b"\0" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(x_wing(seed, sealed[:1120]), b"secret", b"")
    try:
        return ChaCha20Poly1305(derive(b"key", 32)).decrypt(derive(b"base_nonce", 12), sealed[1120:], b"")
    except InvalidTag:
        raise Refused("HPKE") from None


def check_signature(public: str, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, message)
    except InvalidSignature:
        raise Refused("signature") from None


def header_bytes(header: dict[str, Any]) -> bytes:
    names = ("sender", "recipient", "epoch", "normaliser_version", "agreement_id", "purpose")
    numbers = (header["issued_at"], header["expires_at"], header["size"])
    return enc("symbolon/v1/query-header", bytes.fromhex(header["query_id"]), *map(header.__getitem__, names), *numbers)


def verify_envelope(document: dict[str, Any], header: bytes) -> bytes:
    """Verify and open the envelope, compare every field, and give its digest."""
    envelope, keys = document["envelope"], document["keys"]
    outer, sealed, signature = dec(bytes.fromhex(envelope["bytes"]), "symbolon/v1/query-envelope")
    require(outer == header, "header in the envelope")
    require(len(sealed) == 14_528, "size of the sealed body")
    signed = enc("symbolon/v1/query-signed", header, sealed)
    check_signature(keys["asker_signing_public"], signature, signed)
    padded = hpke_open(bytes.fromhex(keys["responder_sealing_seed"]), sealed, enc("symbolon/v1/query-info", header))
    reply_key, justification, basis, case, user, agreement, box = dec(unpad(padded), "symbolon/v1/query-body")
    expanded = hashlib.shake_256(bytes.fromhex(keys["reply_seed"])).digest(96)
    own = MLKEM768PrivateKey.from_seed_bytes(expanded[:64]).public_key().public_bytes_raw()
    own += X25519PrivateKey.from_private_bytes(expanded[64:]).public_key().public_bytes_raw()
    require(reply_key == own, "reply key")
    texts = [envelope[name] for name in ("justification", "legal_basis", "case_reference", "user_id")]
    require([part.decode() for part in (justification, basis, case, user)] == texts, "texts")
    require(agreement.hex() == envelope["agreement_hash"], "agreement hash")
    require(box.hex() == document["lockbox"]["bytes"], "lockbox in the envelope")
    digest = hashlib.sha256(signed).digest()
    require(digest.hex() == envelope["digest"], "digest")
    return digest


def verify_reply(document: dict[str, Any], digest: bytes) -> None:
    """Verify and open the reply."""
    raw, header, keys = bytes.fromhex(document["reply"]["bytes"]), document["header"], document["keys"]
    require(len(raw) == 5_325, "size of the reply")
    sealed, signature = dec(raw, "symbolon/v1/reply")
    parties = (digest, header["recipient"], header["sender"])
    signed = enc("symbolon/v1/reply-signed", *parties) + enc(sealed)
    check_signature(keys["responder_signing_public"], signature, signed)
    content = unpad(hpke_open(bytes.fromhex(keys["reply_seed"]), sealed, enc("symbolon/v1/reply-info", *parties)))
    require(content.hex() == document["reply"]["content"], "content")


if __name__ == "__main__":
    verify(json.loads(FILE.read_text()))
    print("every vector holds")  # noqa: T201
