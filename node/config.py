"""A node's home: its folder, its settings and where each thing in it lies.

``node.toml`` is strict: an unknown or missing setting stops the program with the setting's name. Secrets are not in
it but in ``keys/``, one file each. ``docs/reference/settings.md`` has a row for every setting.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from symbolon.rpc.channel import TlsFiles
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import party_tls, write_whole
from symbolon.rpc.identity import IdentityError, Party

CONFIG_FILE = "node.toml"


def _agency_name(name: str) -> str:
    try:
        Party.agency(name)
    except IdentityError as error:
        raise ValueError(str(error)) from None
    return name


def _address(address: str) -> str:
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdecimal() and int(port) < 65536):
        raise ValueError("expected host:port")
    return address


AgencyName = Annotated[str, AfterValidator(_agency_name)]
Address = Annotated[str, AfterValidator(_address)]


class NodeSettings(BaseModel):
    """The settings of ``node.toml``; each has a row in docs/reference/settings.md."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agency: AgencyName = Field(description="name of this agency, as in its certificate")
    display_name: str = Field(min_length=1, max_length=200, description="name of this agency for people")
    listen: Address = Field(description="host:port this node listens at")
    address: Address = Field(description="host:port at which the coordinator reaches this node")
    coordinator: AgencyName = Field(description="name of the coordinator, as in its certificate")
    coordinator_address: Address = Field(description="host:port of the coordinator")
    contact: str = Field(min_length=1, max_length=200, description="contact point told to partners with a hit")
    declared_records: int = Field(ge=1, description="how many records the list holds, for the custodian's quota")
    query_seconds: float = Field(default=20.0, gt=1, le=100, description="seconds a query may take as a whole")
    reply_tick_milliseconds: int = Field(
        default=40, ge=10, le=5000, description="replies leave at multiples of this many milliseconds after arrival"
    )
    expiry_seconds: int = Field(default=60, ge=10, le=300, description="seconds after which a query is void")


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
    def keys(self) -> Path:
        """Name the folder of secrets."""
        return self.folder / "keys"

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
    def federation_path(self) -> Path:
        """Name the file of what this node has pinned of its federation."""
        return self.folder / "data" / "federation.json"

    @property
    def rejects_folder(self) -> Path:
        """Name the folder of rows set aside by imports."""
        return self.folder / "data" / "rejects"

    @property
    def agreements_folder(self) -> Path:
        """Name the folder of agreements, one TOML file each."""
        return self.folder / "agreements"


def load_home(folder: Path) -> NodeHome:
    """Read the settings of a node's folder.

    Raises `SymbolonError`: `NOT_INITIALISED` without a ``node.toml``, `INVALID_INPUT` naming the first bad setting.
    """
    path = folder / CONFIG_FILE
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SymbolonError(ErrorCode.NOT_INITIALISED, f"{path} is missing") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error}") from None
    return NodeHome(folder, _checked(values, path))


def write_settings(folder: Path, settings: NodeSettings) -> None:
    """Write ``node.toml`` with each setting's meaning beside it; raise `SymbolonError` when there is one already."""
    path = folder / CONFIG_FILE
    if path.exists():
        raise SymbolonError(ErrorCode.ALREADY_INITIALISED, str(folder))
    lines = ["# Settings of a Symbolon node; docs/reference/settings.md explains each."]
    for name, value in settings.model_dump().items():
        # A TOML basic string is a JSON string, and so are its numbers.
        meaning = NodeSettings.model_fields[name].description
        lines += ["", f"# {meaning}", f"{name} = {json.dumps(value, ensure_ascii=False)}"]
    write_whole(path, ("\n".join(lines) + "\n").encode())


def checked_settings(**values: object) -> NodeSettings:
    """Check settings given on the command line; raise `SymbolonError` naming the first bad one."""
    return _checked(values, Path("the options"))


def _checked(values: dict[str, object], place: Path) -> NodeSettings:
    try:
        return NodeSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "settings"
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{place}: {field}: {first['msg']}") from None
