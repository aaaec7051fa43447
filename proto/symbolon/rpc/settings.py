"""A party's settings: one strict TOML file in its folder, written with the meaning beside each setting.

An unknown, missing or wrong setting stops the program with the setting's name. Secrets are never settings: they lie in
``keys/`` and ``tls/``, one file each.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import write_whole
from symbolon.rpc.identity import IdentityError, Party


class Settings(BaseModel):
    """The base of every settings class; each field carries its meaning as ``description``."""

    model_config = ConfigDict(extra="forbid", frozen=True)


AnySettings = TypeVar("AnySettings", bound=Settings)


def _party_name(name: str) -> str:
    try:
        return Party.agency(name).name
    except IdentityError:
        raise ValueError("expected 1 to 40 capital letters, digits and inner hyphens, for example FR-DNMS") from None


LONGEST_HOST = 253
"""Characters of a host name (RFC 1035 section 2.3.4, without the dot at its end)."""


def is_address(text: str) -> bool:
    """Say whether the text is host:port, as gRPC dials it: one host, no scheme, no spaces."""
    host, _, port = text.rpartition(":")
    if len(host) > LONGEST_HOST or re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", host) is None:
        return False
    return re.fullmatch(r"[0-9]{1,5}", port) is not None and int(port) < 65536


def _address(address: str) -> str:
    if not is_address(address):
        raise ValueError("expected host:port")
    return address


PartyName = Annotated[str, AfterValidator(_party_name)]
"""The name of a party as in its certificate."""

Address = Annotated[str, AfterValidator(_address)]
"""host:port."""


def check_settings(kind: type[AnySettings], values: dict[str, Any], place: str) -> AnySettings:
    """Check values from ``place`` (words for the error); raise `SymbolonError` naming the first bad setting."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "settings"
        raise SymbolonError(
            ErrorCode.INVALID_INPUT, f"{place}: {field}: {first['msg'].removeprefix('Value error, ')}"
        ) from None


def read_settings(path: Path, kind: type[AnySettings]) -> AnySettings:
    """Read a settings file; raise `SymbolonError`: `NOT_INITIALISED` without one, `INVALID_INPUT` on a bad one."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SymbolonError(ErrorCode.NOT_INITIALISED, f"{path} is missing") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error}") from None
    return check_settings(kind, values, str(path))


def check_absent(path: Path) -> None:
    """Raise `SymbolonError` (`ALREADY_INITIALISED`) when there is a settings file, before anything is made."""
    if path.exists():
        raise SymbolonError(ErrorCode.ALREADY_INITIALISED, str(path.parent))


def write_settings(path: Path, settings: Settings, heading: str) -> None:
    """Write a settings file, commented; raise `SymbolonError` (`ALREADY_INITIALISED`) when there is one."""
    check_absent(path)
    tables: list[str] = []
    lines = [f"# {heading}"]
    for name, field in type(settings).model_fields.items():
        value = settings.model_dump()[name]
        if isinstance(value, dict):  # a table has to come after all plain values
            tables += ["", f"# {field.description}", f"[{name}]", *_assignments(value)]
        else:
            lines += ["", f"# {field.description}", *_assignments({name: value})]
    write_whole(path, ("\n".join(lines + tables) + "\n").encode())


def _assignments(values: dict[str, Any]) -> list[str]:
    # A TOML basic string is a JSON string, and so are its numbers and lists of both.
    return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
