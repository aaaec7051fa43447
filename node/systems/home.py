"""The folder of a system of the agency, on the system's own machine: which node it calls, and its own TLS files.

It lies beside no node: of a node it knows the agency and the address. Key and request are made here, and the key stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from symbolon.rpc.channel import TlsFiles
from symbolon.rpc.folder import party_tls, prepare_party
from symbolon.rpc.identity import Party, System
from symbolon.rpc.settings import Address, PartyName, Settings, check_absent, read_settings, write_settings

CONFIG_FILE = "system.toml"
HEADING = "Settings of a system that calls the desk of a Symbolon node; docs/reference/settings.md explains each."


class SystemSettings(Settings):
    """The settings of ``system.toml``; each has a row in docs/reference/settings.md."""

    system: PartyName = Field(description="name of this system, as its agency's node lets it in")
    agency: PartyName = Field(description="name of the agency whose node it calls, as in that node's certificate")
    address: Address = Field(description="host:port of that node")
    query_seconds: float = Field(
        default=20.0, gt=1, le=100, description="seconds a query may take as a whole; as at the node, or longer"
    )


@dataclass(frozen=True)
class SystemHome:
    """A system's folder and its settings."""

    folder: Path
    settings: SystemSettings

    @property
    def system(self) -> System:
        """Give this system's identity."""
        return System.named(self.settings.system)

    @property
    def party(self) -> Party:
        """Give the agency whose node it calls."""
        return Party.agency(self.settings.agency)

    @property
    def tls(self) -> TlsFiles:
        """Give the TLS files; raise `SymbolonError` when the certificate is missing or another system's."""
        return party_tls(self.folder, self.system)


def create_system_home(folder: Path, settings: SystemSettings) -> SystemHome:
    """Make the folder: TLS key and request, and last the settings.

    A key that is there is kept: an interrupted call can be repeated. Raises `SymbolonError` (`ALREADY_INITIALISED`)
    where there are settings.
    """
    home = SystemHome(folder, settings)
    check_absent(folder / CONFIG_FILE)
    prepare_party(folder, home.system)
    write_settings(folder / CONFIG_FILE, settings, HEADING)
    return home


def load_system_home(folder: Path) -> SystemHome:
    """Read the settings of a system's folder; raise `SymbolonError` where they are missing or wrong."""
    return SystemHome(folder, read_settings(folder / CONFIG_FILE, SystemSettings))
