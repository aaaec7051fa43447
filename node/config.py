"""A node's home: its folder, its settings and where each thing in it lies.

``node.toml`` is strict: an unknown or missing setting stops the program with the setting's name. Secrets are not in
it but in ``keys/``, one file each. ``docs/reference/settings.md`` has a row for every setting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ledger.retention import KEPT_DAYS
from node.keys import create_keys
from node.records import rules
from node.systems.register import Systems
from symbolon.rpc.channel import TlsFiles
from symbolon.rpc.folder import party_tls, prepare_party, write_whole
from symbolon.rpc.identity import Party
from symbolon.rpc.settings import (
    Address,
    PartyName,
    Settings,
    check_absent,
    check_settings,
    read_settings,
    write_settings,
)

CONFIG_FILE = "node.toml"
RULES_FILE = "rules.toml"
HEADING = "Settings of a Symbolon node; docs/reference/settings.md explains each."


def _printable(text: str) -> str:
    if not text.isprintable():  # a partner's terminal shows it: no line break, escape or change of direction
        raise ValueError("expected one line of printable text")
    return text


Line = Annotated[str, AfterValidator(_printable)]
"""One line that may be shown to people of other houses."""


def _origin(text: str) -> str:
    if re.fullmatch(r"https://[a-z0-9.-]+(:[0-9]{1,5})?|https://\[[0-9a-f:.]+\](:[0-9]{1,5})?", text) is None:
        raise ValueError("expected https://host or https://host:port, in small letters, without a path")
    return text


Origin = Annotated[str, AfterValidator(_origin)]
"""An origin as browsers write it (RFC 6454), of HTTPS."""


def _issuer(text: str) -> str:
    local = r"http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?"
    if re.fullmatch(rf"(https://[a-z0-9.-]+(:[0-9]{{1,5}})?|{local})(/[A-Za-z0-9._~/-]*)?", text) is None:
        raise ValueError("expected the issuer as the provider writes it: https://host, with a path where it has one")
    return text


Issuer = Annotated[str, AfterValidator(_issuer)]
"""The issuer of an OpenID provider: HTTPS, or on this machine for a trial."""


class NodeSettings(Settings):
    """The settings of ``node.toml``; each has a row in docs/reference/settings.md."""

    agency: PartyName = Field(description="name of this agency, as in its certificate")
    display_name: Line = Field(min_length=1, max_length=200, description="name of this agency for people")
    listen: Address = Field(description="host:port this node listens at")
    console_listen: Address | Literal[""] = Field(
        default="", description="host:port at which the console listens for browsers; empty for no console"
    )
    console_origin: Origin | Literal[""] = Field(
        default="", description="how browsers reach the console, https://host:port; empty for the host and port above"
    )
    oidc_issuer: Issuer | Literal[""] = Field(
        default="", description="issuer of the agency's OpenID provider, letter for letter; empty for none"
    )
    oidc_client: Line = Field(default="", max_length=200, description="name of this node as a client of that provider")
    oidc_client_authentication: Literal["client_secret_basic", "private_key_jwt"] = Field(
        default="client_secret_basic",
        description="how this client proves itself to it: by keys/oidc.secret, or by a signature with keys/oidc.key",
    )
    oidc_acr: Line = Field(
        default="", max_length=200, description="authentication class (acr) that it has to name; 'any' for whichever"
    )
    oidc_amr: Line = Field(
        default="",
        max_length=200,
        description="authentication method (amr) that has to be among its; one of both is needed",
    )
    oidc_api_audience: Line = Field(
        default="",
        max_length=200,
        description="audience of its access tokens that count at the desk over gRPC; empty for none",
    )
    address: Address = Field(description="host:port at which the coordinator reaches this node")
    coordinator: PartyName = Field(description="name of the coordinator, as in its certificate")
    coordinator_address: Address = Field(description="host:port of the coordinator")
    contact: Line = Field(min_length=1, max_length=200, description="contact point told to partners with a hit")
    declared_records: int = Field(ge=1, description="how many records the list holds at most; published to all members")
    query_seconds: float = Field(default=20.0, gt=1, le=100, description="seconds a query may take as a whole")
    reply_tick_milliseconds: int = Field(
        default=40, ge=10, le=5000, description="replies leave at multiples of this many milliseconds after arrival"
    )
    expiry_seconds: int = Field(default=60, ge=10, le=300, description="seconds after which a query is void")
    mail_tick_seconds: float = Field(
        default=60.0, ge=0.1, le=300, description="seconds from one mailbag to the next, for each partner"
    )
    sweep_seconds: float = Field(
        default=60.0, ge=0.1, le=3600, description="seconds from one look at clocks and due dates of cases to the next"
    )
    unpursued_days: int = Field(
        default=30, ge=1, le=365, description="days after which a hit that nobody pursues is erased, on both sides"
    )
    witness_minutes: float = Field(
        default=60.0,
        ge=0.01,
        le=1440,
        description="minutes from one showing of the log's head to its witnesses to the next",
    )
    witnesses_needed: int = Field(
        default=1, ge=1, le=1000, description="how many others have to cosign a head for the log to count as witnessed"
    )
    witness_hours: float = Field(
        default=24.0, gt=0, le=720, description="hours without that after which nothing is disclosed"
    )
    log_padding: int = Field(
        default=256, ge=1, le=4096, description="multiple to which the log is filled up before its head is shown"
    )
    batch_rows: int = Field(default=1000, ge=1, le=10_000, description="rows that a list to be asked may have")
    batch_days: int = Field(
        default=7,
        ge=1,
        le=90,
        description="days after which a list that is not asked any more, and its results, are erased",
    )
    closed_case_days: int = Field(
        default=365, ge=1, le=3650, description="days for which the file of a case is kept after its end"
    )
    log_personal_days: int = Field(
        default=KEPT_DAYS, ge=365, le=3650, description="days after which what is personal in the log is erased"
    )


@dataclass(frozen=True)
class NodeHome:
    """A node's folder and its settings."""

    folder: Path
    settings: NodeSettings

    @property
    def party(self) -> Party:
        """Give this node's identity."""
        return Party.agency(self.settings.agency)

    @property
    def coordinator(self) -> Party:
        """Give the coordinator's identity."""
        return Party("coordinator", self.settings.coordinator)

    @property
    def tls(self) -> TlsFiles:
        """Give the TLS files; raise `SymbolonError` when the certificate is missing or another party's."""
        return party_tls(self.folder, self.party)

    @property
    def console_certificate(self) -> Path:
        """Name the file of the console's certificate chain, PEM."""
        return self.folder / "tls" / "console.crt"

    @property
    def console_key(self) -> Path:
        """Name the file of the console's key, PEM."""
        return self.folder / "tls" / "console.key"

    @property
    def systems(self) -> Systems:
        """Give the systems of the agency that may call the desk, and the authority that certifies them."""
        return Systems(self.folder / "systems", self.settings.agency)

    @property
    def keys(self) -> Path:
        """Name the folder of secrets."""
        return self.folder / "keys"

    @property
    def rules_path(self) -> Path:
        """Name the file of what holds for records that do not say it themselves."""
        return self.folder / RULES_FILE

    @property
    def records_path(self) -> Path:
        """Name the database of this agency's own records."""
        return self.folder / "data" / "records.db"

    @property
    def index_path(self) -> Path:
        """Name the database of peppered index entries."""
        return self.folder / "data" / "index.db"

    @property
    def ledger_path(self) -> Path:
        """Name the database of the disclosure log."""
        return self.folder / "data" / "ledger.db"

    @property
    def witness_path(self) -> Path:
        """Name the database of what this node has cosigned of others' logs."""
        return self.folder / "data" / "witness.db"

    @property
    def officers_path(self) -> Path:
        """Name the database of this agency's officers."""
        return self.folder / "data" / "officers.db"

    @property
    def accounts_path(self) -> Path:
        """Name the database of the officers' accounts for the console."""
        return self.folder / "data" / "accounts.db"

    @property
    def identities_path(self) -> Path:
        """Name the database of which officer is who at the identity provider."""
        return self.folder / "data" / "identities.db"

    @property
    def cases_path(self) -> Path:
        """Name the database of agreements, cases and mail."""
        return self.folder / "data" / "cases.db"

    @property
    def batches_path(self) -> Path:
        """Name the database of lists that are asked."""
        return self.folder / "data" / "batches.db"

    @property
    def federation_path(self) -> Path:
        """Name the file of what this node has pinned of its federation."""
        return self.folder / "data" / "federation.json"

    @property
    def directory_path(self) -> Path:
        """Name the database with this node's copy of the directory log, and what it holds against it."""
        return self.folder / "data" / "directory.db"

    @property
    def audit_folder(self) -> Path:
        """Name the folder of the log's index, and of what auditors hand over and are given, for an hour."""
        return self.folder / "data" / "audit"

    @property
    def rejects_folder(self) -> Path:
        """Name the folder of rows set aside by imports."""
        return self.folder / "data" / "rejects"

    @property
    def uploads_folder(self) -> Path:
        """Name the folder of lists that were uploaded and wait for their import."""
        return self.folder / "data" / "uploads"


def load_home(folder: Path) -> NodeHome:
    """Read the settings of a node's folder; raise `SymbolonError` where they are missing or wrong."""
    return NodeHome(folder, read_settings(folder / CONFIG_FILE, NodeSettings))


def create_home(folder: Path, settings: NodeSettings) -> NodeHome:
    """Make the folder: secrets, TLS key and request, and last the settings.

    Secrets that are there are kept: an interrupted call can be repeated. Raises `SymbolonError`
    (`ALREADY_INITIALISED`) where there are settings.
    """
    home = NodeHome(folder, settings)
    check_absent(folder / CONFIG_FILE)
    if not home.keys.exists():
        create_keys(home.keys)
    prepare_party(folder, home.party)
    if not home.rules_path.exists():
        write_whole(home.rules_path, rules.TEMPLATE.encode())
    write_settings(folder / CONFIG_FILE, settings, HEADING)
    return home


def checked_settings(**values: object) -> NodeSettings:
    """Check settings given on the command line; raise `SymbolonError` naming the first bad one."""
    return check_settings(NodeSettings, values, "the options")
