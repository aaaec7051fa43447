"""Who calls: the URI in a certificate's subject alternative names, never a field of a message.

``symbolon://agency/FR-DNMS`` is an agency's node, ``symbolon://coordinator/hub`` the hub, and
``symbolon://custodian/first`` a key custodian. A TLS client checks a server by DNS name, so each identity also has one
DNS name (``fr-dnms.agency.symbolon.internal``) that the authority certifies together with the URI; connecting *to an
identity* then works wherever the address points.

``symbolon://system/BORDER`` is a system of one agency, which calls the desk of that agency's node. It is no party: no
text that names it is read as one, so nowhere in the federation can it stand for anybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # whoever checks an export offline names parties, and must load no network for it
    import grpc

PartyKind = Literal["agency", "coordinator", "custodian"]

_NAME = r"([A-Z0-9](?:[A-Z0-9-]{0,38}[A-Z0-9])?)"
_URI = re.compile(rf"symbolon://(agency|coordinator|custodian)/{_NAME}", re.ASCII)
_SYSTEM = re.compile(rf"symbolon://system/{_NAME}", re.ASCII)
_OURS = "symbolon://"
_DNS_SUFFIX = "symbolon.internal"


class IdentityError(ValueError):
    """The text is not such a URI, or the peer's certificate does not carry exactly one, or not one that counts."""


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


@dataclass(frozen=True, slots=True, order=True)
class System:
    """A system of an agency, as that agency's node knows it. ``name`` is of the form of a party's."""

    name: str

    @property
    def uri(self) -> str:
        """Give the URI that stands in the system's certificate and in its node's log."""
        return f"symbolon://system/{self.name}"

    @classmethod
    def parse(cls, uri: str) -> System:
        """Read a URI; raise `IdentityError` when it is no system's."""
        matched = _SYSTEM.fullmatch(uri)
        if matched is None:
            raise IdentityError("expected symbolon://system/NAME with a NAME as a party has, for example BORDER-1")
        return cls(matched[1])

    @classmethod
    def named(cls, name: str) -> System:
        """Give the system of that name; raise `IdentityError` when the name is not well formed."""
        return cls.parse(f"symbolon://system/{name}")


Caller = Party | System
"""Whom a certificate may name."""


def parse_caller(uri: str) -> Caller:
    """Read the URI of a party or a system; raise `IdentityError` when it is neither."""
    return System.parse(uri) if _SYSTEM.fullmatch(uri) else Party.parse(uri)


def peer_party(context: grpc.aio.ServicerContext[Any, Any]) -> Party:
    """Give the authenticated caller; raise `IdentityError` unless its certificate carries exactly one party's URI."""
    return Party.parse(_peer_uri(context))


def peer_caller(context: grpc.aio.ServicerContext[Any, Any]) -> Caller:
    """Give whom the caller's certificate names, a party or a system; raise `IdentityError` as `peer_party`.

    By which root it names him is for a server to look at that takes more than one.
    """
    return parse_caller(_peer_uri(context))


def _peer_uri(context: grpc.aio.ServicerContext[Any, Any]) -> str:
    uris = [bytes(uri).decode("ascii", "replace") for uri in context.auth_context().get("peer_uri", [])]
    ours = [uri for uri in uris if uri.startswith(_OURS)]
    if len(ours) != 1:
        raise IdentityError("the certificate must carry exactly one symbolon:// URI")
    return ours[0]
