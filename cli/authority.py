"""``symbolon authority``: the certificate authority of a development or small federation."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.output import HomeOption, JsonOption, emit, failing_clearly
from symbolon.rpc import certificates
from symbolon.rpc.certificates import CertificateError
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import AUTHORITY_CERTIFICATE, create_authority, load_authority, write_whole
from symbolon.rpc.identity import IdentityError, Party

app = typer.Typer(
    help="Certify parties: the federation's development authority.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command(epilog='Example: symbolon authority init --home authority --name "Northern corridor"')
@failing_clearly
def init(
    home: HomeOption = Path(),
    name: Annotated[str, typer.Option(help="Name of the authority for people.")] = "Symbolon development authority",
    as_json: JsonOption = False,
) -> None:
    """Make an authority: a key that stays in its folder, and a certificate for every party."""
    if not 1 <= len(name) <= 64:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--name: expected 1 to 64 characters")
    create_authority(home, name, datetime.now(UTC))
    certificate = home / AUTHORITY_CERTIFICATE
    emit(
        {"authority": str(home), "certificate": str(certificate)},
        as_json,
        lambda: f"The authority is set up in {home}. Guard its key; its certificate is {certificate}.",
    )


@app.command(
    epilog="Example: symbolon authority issue ../fr/tls/request.csr --party symbolon://agency/FR-DNMS --home authority"
)
@failing_clearly
def issue(
    request: Annotated[Path, typer.Argument(help="The party's certificate signing request.")],
    party: Annotated[str, typer.Option(help="URI of the party, as checked with its people.")],
    home: HomeOption = Path(),
    out: Annotated[
        Path | None, typer.Option(help="Folder for the certificates.", show_default="beside the request")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Sign a party's request; refused when it asks for another identity than the one named."""
    folder = out or request.parent
    try:
        named = Party.parse(party)
        authority = load_authority(home)
        issued = certificates.issue(authority, _read(request), named, datetime.now(UTC))
    except (IdentityError, CertificateError) as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
    write_whole(folder / "certificate.pem", issued)
    write_whole(folder / AUTHORITY_CERTIFICATE, certificates.certificate_pem(authority.certificate))
    emit(
        {"party": named.uri, "certificate": str(folder / "certificate.pem")},
        as_json,
        lambda: f"{named.uri} is certified: {folder / 'certificate.pem'} and {folder / AUTHORITY_CERTIFICATE}.",
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error.strerror}") from None
