"""The access token by which a national system shows at the desk which of its people asks (RFC 6750, RFC 9068).

It takes the place of an officer's name and key in the metadata of a call, inside the TLS channel of the agency's own
certificate. Whether it is genuine is decided in `node.accounts`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import grpc

from node.officers.key import OfficerKey

TOKEN_ENTRY = "authorization"  # noqa: S105  # the name of a field
_SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class OfficerToken:
    """An access token; it is in no representation."""

    token: str = field(repr=False)

    @property
    def metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Give what a call to the desk carries."""
        return ((TOKEN_ENTRY, f"Bearer {self.token}"),)


OfficerProof = OfficerKey | OfficerToken
"""By what a client of the desk proves who asks."""


def presented_token(context: grpc.aio.ServicerContext[Any, Any]) -> OfficerToken | None:
    """Give the token of a call: None where it carries none, an empty one where it is not of its form, or not alone."""
    values = [value for key, value in context.invocation_metadata() or () if key == TOKEN_ENTRY]
    if not values:
        return None
    value = values[0] if len(values) == 1 and isinstance(values[0], str) else ""
    return OfficerToken(value[len(_SCHEME) :].strip() if value.lower().startswith(_SCHEME) else "")
