"""Who a party is: the URI in its certificate's subject alternative names, never a field of a message.

``symbolon://agency/FR-DNMS`` is an agency's node, ``symbolon://coordinator/hub`` the hub, and
``symbolon://custodian/first`` a key custodian. A TLS client checks a server by DNS name, so each identity also has one
DNS name (``fr-dnms.agency.symbolon.internal``) that the authority certifies together with the URI; connecting *to an
identity* then works wherever the address points.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # whoever checks an export offline names parties, and must load no network for it
    import grpc

PartyKind = Literal["agency", "coordinator", "custodian"]

_URI = re.compile(r"symbolon://(agency|coordinator|custodian)/([A-Z0-9](?:[A-Z0-9-]{0,38}[A-Z0-9])?)", re.ASCII)
_DNS_SUFFIX = "symbolon.internal"


class IdentityError(ValueError):
    """The text is not a party's URI, or the peer's certificate does not carry exactly one."""


@dataclass(frozen=True, slots=True, order=True)
class Party:
    """A party to the federation. ``name`` is 1-40 capital letters, digits and inner hyphens."""

    kind: PartyKind
    name: str

    @property
    def uri(self) -> str:
        """Give the URI that stands in the party's certificate and in every header."""
        return f"symbolon://{self.kind}/{self.name}"

    @property
    def dns_name(self) -> str:
        """Give the DNS name that stands beside the URI in the party's certificate."""
        return f"{self.name.lower()}.{self.kind}.{_DNS_SUFFIX}"

    @classmethod
    def parse(cls, uri: str) -> Party:
        """Read a URI; raise `IdentityError` when it is none of ours."""
        matched = _URI.fullmatch(uri)
        if matched is None:
            raise IdentityError(
                "expected symbolon://agency|coordinator|custodian/NAME with a NAME of 1 to 40 capital letters,"
                " digits and inner hyphens, for example symbolon://agency/FR-DNMS"
            )
        kind: PartyKind = matched[1]  # type: ignore[assignment]  # the pattern admits the three kinds only
        return cls(kind, matched[2])

    @classmethod
    def agency(cls, name: str) -> Party:
        """Give the agency of that name; raise `IdentityError` when the name is not well formed."""
        return cls.parse(f"symbolon://agency/{name}")


def peer_party(context: grpc.aio.ServicerContext[Any, Any]) -> Party:
    """Give the authenticated caller; raise `IdentityError` unless its certificate carries exactly one of our URIs."""
    uris = [bytes(uri) for uri in context.auth_context().get("peer_uri", [])]
    parties = [Party.parse(uri.decode("ascii", "replace")) for uri in uris if uri.startswith(b"symbolon://")]
    if len(parties) != 1:
        raise IdentityError("the certificate must carry exactly one symbolon:// URI")
    return parties[0]
