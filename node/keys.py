"""A node's secrets: the signing key, the sealing key and the pepper, one file each in ``keys/``.

The pepper keeps a stolen index worthless, so it lies outside the database and belongs in another backup.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from matching.errors import FieldError
from matching.keys import SealingKey, SigningKey
from matching.lockbox import SECRET_BYTES
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import read_secret, write_whole

_SIGNING, _SEALING, _PEPPER = "signing.key", "sealing.key", "pepper.key"


@dataclass(frozen=True)
class NodeKeys:
    """What only this node knows. ``pepper`` has 32 bytes."""

    signing: SigningKey
    sealing: SealingKey
    pepper: bytes = field(repr=False)


def create_keys(folder: Path) -> NodeKeys:
    """Draw and store new secrets; raise `SymbolonError` where there are any, since a lost pepper voids the index."""
    if folder.exists() and any(folder.iterdir()):
        raise SymbolonError(ErrorCode.ALREADY_INITIALISED, str(folder))
    keys = NodeKeys(SigningKey.generate(), SealingKey.generate(), secrets.token_bytes(SECRET_BYTES))
    for name, secret in ((_SIGNING, keys.signing.seed), (_SEALING, keys.sealing.seed), (_PEPPER, keys.pepper)):
        write_whole(folder / name, secret, secret=True)
    return keys


def load_keys(folder: Path) -> NodeKeys:
    """Read the secrets; raise `SymbolonError` when one is missing, readable by others or cut short."""
    pepper = read_secret(folder / _PEPPER)
    try:
        keys = NodeKeys(SigningKey(read_secret(folder / _SIGNING)), SealingKey(read_secret(folder / _SEALING)), pepper)
    except FieldError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{folder}: {error}") from None
    if len(pepper) != SECRET_BYTES:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{folder / _PEPPER} has not {SECRET_BYTES} bytes")
    return keys
