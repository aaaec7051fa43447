"""Who a party is: one spelling, one DNS name."""

from __future__ import annotations

from typing import Any, cast

import pytest

from symbolon.rpc.identity import IdentityError, Party, System, parse_caller, peer_caller, peer_party


@pytest.mark.parametrize("kind", ["agency", "coordinator", "custodian"])
@pytest.mark.parametrize("name", ["A", "FR-DNMS", "X" * 40, "7-A"])
def test_a_uri_is_read_and_written_alike(kind: str, name: str) -> None:
    party = Party.parse(f"symbolon://{kind}/{name}")
    assert (party.kind, party.name, party.uri) == (kind, name, f"symbolon://{kind}/{name}")
    assert party.dns_name == f"{name.lower()}.{kind}.symbolon.internal"


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "symbolon://agency/",
        "symbolon://agency/fr-dnms",
        "symbolon://agency/-A",
        "symbolon://agency/A-",
        "symbolon://agency/" + "X" * 41,
        "symbolon://agency/A/B",
        "symbolon://agency/A\n",
        " symbolon://agency/A",
        "symbolon://agency/É",
        "symbolon://agency/٣",
        "symbolon://agency/A.B",
        "symbolon://auditor/A",
        "SYMBOLON://agency/A",
        "https://agency/A",
    ],
)
def test_any_other_spelling_is_refused(uri: str) -> None:
    with pytest.raises(IdentityError):
        Party.parse(uri)


def test_parties_of_one_name_and_different_kinds_are_different() -> None:
    kinds = ("agency", "coordinator", "custodian")
    parties = [Party.parse(f"symbolon://{kind}/ONE") for kind in kinds]
    assert len({party.uri for party in parties} | {party.dns_name for party in parties}) == 6


class Context:
    """The part of a gRPC context that says who called."""

    def __init__(self, *uris: bytes) -> None:
        self._uris = list(uris)

    def auth_context(self) -> dict[str, Any]:
        return {"peer_uri": self._uris} if self._uris else {}


def test_the_peer_is_read_from_its_certificate_and_foreign_uris_do_not_count() -> None:
    context: Any = Context(b"spiffe://elsewhere/x", b"symbolon://agency/FR-DNMS")
    assert peer_party(context) == Party.agency("FR-DNMS")


@pytest.mark.parametrize(
    "uris",
    [
        (),
        (b"spiffe://elsewhere/x",),
        (b"symbolon://agency/A", b"symbolon://agency/B"),
        (b"symbolon://agency/A", b"symbolon://agency/A"),
        (b"symbolon://agency/A", b"symbolon://system/A"),
        (b"symbolon://agency/a",),
        (b"symbolon://system/a",),
        (b"symbolon://agency/\xff",),
    ],
)
def test_a_peer_without_exactly_one_well_formed_uri_is_nobody(uris: tuple[bytes, ...]) -> None:
    context: Any = Context(*uris)
    for peer in (peer_party, peer_caller):
        with pytest.raises(IdentityError):
            peer(context)


def test_a_system_is_no_party_and_no_party_a_system() -> None:
    context: Any = Context(b"symbolon://system/FR-DNMS")
    assert peer_caller(context) == parse_caller("symbolon://system/FR-DNMS") == System.named("FR-DNMS")
    with pytest.raises(IdentityError):
        peer_party(context)
    with pytest.raises(IdentityError):
        Party.parse("symbolon://system/FR-DNMS")
    with pytest.raises(IdentityError):
        System.parse("symbolon://agency/FR-DNMS")
    assert peer_caller(cast("Any", Context(b"symbolon://agency/FR-DNMS"))) == Party.agency("FR-DNMS")
