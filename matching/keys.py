"""The keys of a party: Ed25519 for signing, X-Wing (ML-KEM-768 with X25519) for sealing with HPKE.

Sealing is RFC 9180 base mode with the KEM MLKEM768-X25519 (X-Wing, identifier 0x647a), HKDF-SHA256 and
ChaCha20-Poly1305, one shot. What is sealed today stays closed to a quantum computer of tomorrow unless ML-KEM falls
too (threat T22); the signature is classical, because forging it helps nobody afterwards.

Keys are raw bytes outside this module: 32-byte seeds for both private keys (for X-Wing the seed of
draft-connolly-cfrg-xwing-kem, section 5.2), 32 and 1,216 bytes for the public ones. Storing them, pinning them and
rotating them is the node's business.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from matching.errors import FieldError, SealError, SignatureError

SEED_BYTES = 32
SIGNING_PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64
SEALING_PUBLIC_BYTES = 1_216
SEAL_OVERHEAD_BYTES = 1_136  # 1,120 encapsulated key and 16 authentication tag

_MLKEM_PUBLIC_BYTES = 1_184
_MLKEM_SEED_BYTES = 64
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


@dataclass(frozen=True)
class SigningPublicKey:
    """An Ed25519 public key, 32 bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        _check_size("signing public key", self.raw, SIGNING_PUBLIC_BYTES)

    def fingerprint(self) -> str:
        """Give SHA-256 of the key in hexadecimal, for people to compare."""
        return hashlib.sha256(self.raw).hexdigest()

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raise `SignatureError` unless the signature is this key's over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise SignatureError("the signature does not verify") from None


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 private key as its 32-byte seed, never shown."""

    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_size("signing key", self.seed, SEED_BYTES)

    @classmethod
    def generate(cls) -> SigningKey:
        """Draw a key from the system's randomness."""
        return cls(secrets.token_bytes(SEED_BYTES))

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def public_key(self) -> SigningPublicKey:
        """Give the public part."""
        return SigningPublicKey(self._private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Sign the message; 64 bytes, the same ones every time."""
        return self._private.sign(message)


@dataclass(frozen=True)
class SealingPublicKey:
    """An X-Wing public key: 1,184 bytes of ML-KEM-768 and 32 of X25519."""

    raw: bytes

    def __post_init__(self) -> None:
        _check_size("sealing public key", self.raw, SEALING_PUBLIC_BYTES)

    def fingerprint(self) -> str:
        """Give SHA-256 of the key in hexadecimal, for people to compare."""
        return hashlib.sha256(self.raw).hexdigest()

    def seal(self, plaintext: bytes, info: bytes) -> bytes:
        """Seal to this key in the context `info`; 1,136 bytes longer. Raise `SealError` on an unusable key."""
        try:
            public = MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(self.raw[:_MLKEM_PUBLIC_BYTES]),
                X25519PublicKey.from_public_bytes(self.raw[_MLKEM_PUBLIC_BYTES:]),
            )
            return _SUITE.encrypt(plaintext, public, info=info)
        except ValueError:  # not reduced modulo q, or an X25519 point of small order
            raise SealError("the public key is not usable") from None


@dataclass(frozen=True)
class SealingKey:
    """An X-Wing private key as its 32-byte seed, never shown."""

    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_size("sealing key", self.seed, SEED_BYTES)

    @classmethod
    def generate(cls) -> SealingKey:
        """Draw a key from the system's randomness."""
        return cls(secrets.token_bytes(SEED_BYTES))

    @cached_property
    def _parts(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        expanded = hashlib.shake_256(self.seed).digest(_MLKEM_SEED_BYTES + SEED_BYTES)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES]),
            X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:]),
        )

    def public_key(self) -> SealingPublicKey:
        """Give the public part."""
        mlkem, x25519 = self._parts
        return SealingPublicKey(mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Open what was sealed to this key in the context `info`; raise `SealError` for every other case alike."""
        try:
            return _SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(*self._parts), info=info)
        except (InvalidTag, ValueError):
            raise SealError("the sealed bytes do not open with this key in this context") from None


def _check_size(name: str, value: bytes, size: int) -> None:
    if len(value) != size:
        raise FieldError(f"{name} has {len(value)} bytes, not {size}")
