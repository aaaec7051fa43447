"""What the auditor brings: nothing in a file is believed but by these keys, checkpoints and texts.

Each reader raises `TrustError` naming what it read and why it cannot be used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography import x509

from agreements.agreement import Agreement
from agreements.reading import AgreementFormatError, format_of, parse_agreement, read_canonical
from ledger.checkpoints import Checkpoint, verify_checkpoint
from ledger.cosignatures import CosignatureKey, as_witness
from ledger.notes import NoteError, VerifierKey, VerifierKeyError, parse_note


class TrustError(ValueError):
    """What the auditor gave cannot be used; the message says what and why."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The log's own keys; those of witnesses; checkpoints kept; the federation's authority; agreements, by hash.

    A log has several keys where its party has changed them: each in its time.
    """

    keys: tuple[VerifierKey, ...]
    witnesses: tuple[CosignatureKey, ...] = ()
    earlier: tuple[Checkpoint, ...] = ()
    authority: x509.Certificate | None = None
    agreements: dict[str, Agreement] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise `TrustError` unless the keys are of one log."""
        if len({one.name for one in self.keys}) != 1:
            raise TrustError("--key: expected keys of one log")

    @property
    def origin(self) -> str:
        """Name the log."""
        return self.keys[0].name


def read_key(text: str) -> VerifierKey:
    """Read a log's verifier key."""
    try:
        return VerifierKey.parse(text.strip())
    except VerifierKeyError as error:
        raise TrustError(f"--key: {error}") from None


def read_witness(text: str) -> CosignatureKey:
    """Read a witness's key: as a witness, or that of the party's own log, which is the same key under another name."""
    for kind in (CosignatureKey, VerifierKey):
        try:
            key = kind.parse(text.strip())
        except VerifierKeyError:
            continue
        return CosignatureKey(as_witness(key.name), key.public)
    raise TrustError("--witness: expected a verifier key: name+key ID+base64")


def read_checkpoint(content: bytes, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Read a checkpoint kept from an earlier visit; it has to be signed by the same log, under any of its keys."""
    trust = Trust(tuple(keys))
    try:
        return verify_checkpoint(parse_note(content), trust.origin, trust.keys)
    except NoteError as error:
        raise TrustError(f"--earlier: {error}") from None


def read_authority(content: bytes) -> x509.Certificate:
    """Read the certificate of the federation's authority (PEM)."""
    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError:
        raise TrustError("--authority: expected a certificate in PEM form") from None


def read_agreement(content: bytes, name: str) -> Agreement:
    """Read an agreement: TOML or YAML as people write it, its canonical form, or a bundle with signatures."""
    try:
        text = content.decode()
        if not text.lstrip().startswith("{"):
            return parse_agreement(text, format_of(name))
        values = json.loads(text)
        return read_canonical(values.get("agreement", values))
    except AgreementFormatError as error:
        raise TrustError(f"--agreement: {error}") from None
    except (ValueError, RecursionError):
        raise TrustError("--agreement: it is neither an agreement nor a bundle") from None
