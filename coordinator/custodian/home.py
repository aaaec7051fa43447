"""A custodian's home: its folder, its settings (``custodian.toml``), the evaluation key of each epoch.

The key decides every token of the federation. It lies alone in ``keys/``, is never overwritten, and belongs in a backup
of its own: without it an epoch is over and every list has to be enrolled again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from matching.errors import GroupError
from matching.keys import SigningKey
from matching.oblivious import PrivateKey, generate_key
from symbolon.rpc.channel import TlsFiles
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import party_tls, prepare_party, read_secret, write_whole
from symbolon.rpc.identity import Party
from symbolon.rpc.settings import Address, PartyName, Settings, check_absent, read_settings, write_settings

CONFIG_FILE = "custodian.toml"
HEADING = "Settings of a Symbolon key custodian; docs/reference/settings.md explains each."

EpochName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$")]
Elements = Annotated[int, Field(ge=0)]


class CustodianSettings(Settings):
    """The settings of ``custodian.toml``; each has a row in docs/reference/settings.md."""

    name: PartyName = Field(description="name of this custodian, as in its certificate")
    listen: Address = Field(description="host:port this custodian listens at")
    epoch: EpochName = Field(description="identifier of the live key epoch; part of every token")
    agencies: tuple[PartyName, ...] = Field(description="agencies that may have elements evaluated")
    query_elements_a_day: Elements = Field(
        default=200_000,
        description="elements an agency may have evaluated for queries on a day (UTC); about 60 a query",
    )
    enrolment_elements_a_day: Elements = Field(
        default=5_000_000,
        description="elements an agency may have evaluated for enrolment on a day (UTC); about 30 a record",
    )
    query_elements_of: dict[PartyName, Elements] = Field(
        default_factory=dict, description="agencies with another daily quota of query elements: NAME = elements"
    )
    enrolment_elements_of: dict[PartyName, Elements] = Field(
        default_factory=dict, description="agencies with another daily quota of enrolment elements: NAME = elements"
    )


@dataclass(frozen=True)
class CustodianHome:
    """A custodian's folder and its settings."""

    folder: Path
    settings: CustodianSettings

    @property
    def party(self) -> Party:
        """Give this custodian's identity."""
        return Party("custodian", self.settings.name)

    @property
    def tls(self) -> TlsFiles:
        """Give the TLS files; raise `SymbolonError` when the certificate is missing or another party's."""
        return party_tls(self.folder, self.party)

    @property
    def key_path(self) -> Path:
        """Name the file of the live epoch's key."""
        return self.folder / "keys" / f"epoch-{self.settings.epoch}.key"

    @property
    def signing_path(self) -> Path:
        """Name the file of the key that signs the heads of this custodian's log."""
        return self.folder / "keys" / "signing.key"

    def prepare_signing_key(self) -> None:
        """Draw the signing key where there is none; one that is there is kept, since heads are signed with it."""
        if not self.signing_path.exists():
            write_whole(self.signing_path, SigningKey.generate().seed, secret=True)

    @property
    def meter_path(self) -> Path:
        """Name the database of counted elements."""
        return self.folder / "data" / "counts.db"

    @property
    def ledger_path(self) -> Path:
        """Name the database of the log: who had how many elements evaluated, for what."""
        return self.folder / "data" / "ledger.db"


def create_home(folder: Path, settings: CustodianSettings) -> CustodianHome:
    """Make the folder: the key of the first epoch, signing key, TLS key and request, and last the settings.

    A key that is there is kept: an interrupted call can be repeated. Raises `SymbolonError` (`ALREADY_INITIALISED`)
    where there are settings.
    """
    home = CustodianHome(folder, settings)
    check_absent(folder / CONFIG_FILE)
    if not home.key_path.exists():
        write_whole(home.key_path, generate_key().scalar, secret=True)
    home.prepare_signing_key()
    prepare_party(folder, home.party)
    write_settings(folder / CONFIG_FILE, settings, HEADING)
    return home


def load_home(folder: Path) -> CustodianHome:
    """Read the settings; raise `SymbolonError` where they are missing or wrong."""
    return CustodianHome(folder, read_settings(folder / CONFIG_FILE, CustodianSettings))


def load_key(home: CustodianHome) -> PrivateKey:
    """Read the live epoch's key; raise `SymbolonError` when it is missing, readable by others or damaged."""
    scalar = read_secret(home.key_path)
    try:
        return PrivateKey(scalar)
    except GroupError:
        raise SymbolonError(
            ErrorCode.INVALID_INPUT, f"{home.key_path} is damaged: restore it from its backup"
        ) from None
