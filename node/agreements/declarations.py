"""The message in which a party's statement about an agreement travels (`agreements.declarations` says what follows)."""

from __future__ import annotations

from typing import Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, ValidationError

from agreements.signing import SignedDeclaration
from symbolon.rpc.errors import ErrorCode, SymbolonError


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["declaration"] = "declaration"
    declaration: SignedDeclaration


def write_message(signed: SignedDeclaration) -> bytes:
    """Give the content of the message that tells a partner of a declaration: RFC 8785 JSON."""
    return rfc8785.dumps(_Message(declaration=signed).model_dump(mode="json"))


def read_message(content: bytes) -> SignedDeclaration:
    """Read such a content; raise `SymbolonError` (`MALFORMED`) on anything else."""
    try:
        return _Message.model_validate_json(content).declaration
    except ValidationError:
        raise SymbolonError(ErrorCode.MALFORMED, "no declaration about an agreement") from None
