"""What every ``init`` command does once a party's folder is made: have it certified, or say how."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.output import emit
from symbolon.rpc.certificates import CertificateError
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import certify_party
from symbolon.rpc.identity import Party

AuthorityOption = Annotated[
    Path | None,
    typer.Option("--authority", help="Folder of a development authority on this machine: certify at once."),
]


def certify_or_explain(home: Path, party: Party, authority: Path | None, as_json: bool) -> None:
    """Certify a new party with the authority in a folder, or tell what to do with its request; print the result."""
    if authority is not None:
        try:
            certify_party(home, party, authority, datetime.now(UTC))
        except CertificateError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
    request = home / "tls" / "request.csr"
    data = {"party": party.uri, "home": str(home), "certified": authority is not None, "request": str(request)}
    emit(data, as_json, lambda: _explanation(home, party, certified=authority is not None))


def _explanation(home: Path, party: Party, *, certified: bool) -> str:
    if certified:
        return f"{party.uri} is set up in {home} and certified."
    tls = home / "tls"
    return (
        f"{party.uri} is set up in {home}.\n"
        f"Next: have {tls / 'request.csr'} signed by the federation's authority,\n"
        f"  symbolon authority issue {tls / 'request.csr'} --party {party.uri}\n"
        f"and put what it gives beside it: {tls / 'certificate.pem'} and {tls / 'authority.pem'}."
    )
