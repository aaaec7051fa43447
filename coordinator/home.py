"""A coordinator's home: its folder, its settings (``coordinator.toml``) and where each thing in it lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from matching.errors import FieldError
from matching.keys import SigningKey
from symbolon.rpc.channel import TlsFiles
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import party_tls, prepare_party, read_secret, write_whole
from symbolon.rpc.identity import Party
from symbolon.rpc.settings import Address, PartyName, Settings, check_absent, read_settings, write_settings

CONFIG_FILE = "coordinator.toml"
HEADING = "Settings of a Symbolon coordinator; docs/reference/settings.md explains each."

Queries = Annotated[int, Field(ge=0)]


class CoordinatorSettings(Settings):
    """The settings of ``coordinator.toml``; each has a row in docs/reference/settings.md."""

    name: PartyName = Field(description="name of this coordinator, as in its certificate")
    federation: str = Field(min_length=1, max_length=200, description="name of the federation for people")
    listen: Address = Field(description="host:port this coordinator listens at")
    agencies: tuple[PartyName, ...] = Field(description="agencies admitted to the federation")
    custodian: PartyName = Field(description="name of the key custodian, as in its certificate")
    custodian_address: Address = Field(description="host:port at which coordinator and nodes reach the custodian")
    delivery_seconds: float = Field(
        default=30.0, gt=0, le=100, description="seconds a node gets to answer, where the asker leaves so many"
    )
    queries_a_day: Queries = Field(default=10_000, description="queries an agency may put on a day (UTC)")
    queries_of: dict[PartyName, Queries] = Field(
        default_factory=dict, description="agencies with another daily quota of queries: NAME = queries"
    )
    bags_a_day: int = Field(
        default=100_000, ge=0, description="mailbags an agency may send on a day (UTC); 1,440 a partner at one a minute"
    )
    witness_minutes: float = Field(
        default=60.0,
        ge=0.01,
        le=1440,
        description="minutes from one showing of the log's head to its witnesses to the next",
    )
    log_padding: int = Field(
        default=256, ge=1, le=4096, description="multiple to which the log is filled up before its head is shown"
    )


@dataclass(frozen=True)
class CoordinatorHome:
    """A coordinator's folder and its settings."""

    folder: Path
    settings: CoordinatorSettings

    @property
    def party(self) -> Party:
        """Give this coordinator's identity."""
        return Party("coordinator", self.settings.name)

    @property
    def custodian(self) -> Party:
        """Give the custodian's identity."""
        return Party("custodian", self.settings.custodian)

    @property
    def agencies(self) -> frozenset[Party]:
        """Give the admitted agencies."""
        return frozenset(Party.agency(name) for name in self.settings.agencies)

    @property
    def tls(self) -> TlsFiles:
        """Give the TLS files; raise `SymbolonError` when the certificate is missing or another party's."""
        return party_tls(self.folder, self.party)

    @property
    def signing_path(self) -> Path:
        """Name the file of the key that signs the heads of this coordinator's logs."""
        return self.folder / "keys" / "signing.key"

    def signing_key(self) -> SigningKey:
        """Read that key; raise `SymbolonError` when it is missing, readable by others or no key."""
        try:
            return SigningKey(read_secret(self.signing_path))
        except FieldError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"{self.signing_path}: {error}") from None

    def prepare_keys(self) -> None:
        """Draw the signing key where there is none; one that is there is kept, for nodes have pinned it."""
        if not self.signing_path.exists():
            write_whole(self.signing_path, SigningKey.generate().seed, secret=True)

    @property
    def directory_path(self) -> Path:
        """Name the database of members' entries."""
        return self.folder / "data" / "directory.db"

    @property
    def directory_log_path(self) -> Path:
        """Name the database of the directory log, which every member reads."""
        return self.folder / "data" / "directory-log.db"

    @property
    def meter_path(self) -> Path:
        """Name the database of counted queries."""
        return self.folder / "data" / "counts.db"

    @property
    def witness_path(self) -> Path:
        """Name the database of what this coordinator has cosigned of others' logs."""
        return self.folder / "data" / "witness.db"

    @property
    def ledger_path(self) -> Path:
        """Name the database of the log: who asked whom, when, under which agreement."""
        return self.folder / "data" / "ledger.db"


def create_home(folder: Path, settings: CoordinatorSettings) -> CoordinatorHome:
    """Make the folder: signing key, TLS key and request, and last the settings.

    Raises `SymbolonError` (`ALREADY_INITIALISED`) where there are settings.
    """
    home = CoordinatorHome(folder, settings)
    check_absent(folder / CONFIG_FILE)
    home.prepare_keys()
    prepare_party(folder, home.party)
    write_settings(folder / CONFIG_FILE, settings, HEADING)
    return home


def load_home(folder: Path) -> CoordinatorHome:
    """Read the settings; raise `SymbolonError` where they are missing or wrong."""
    return CoordinatorHome(folder, read_settings(folder / CONFIG_FILE, CoordinatorSettings))
