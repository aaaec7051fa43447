"""Settings files: strict, commented, written once."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import Field

from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.settings import (
    Address,
    PartyName,
    Settings,
    check_settings,
    is_address,
    read_settings,
    write_settings,
)


class Example(Settings):
    """Settings of every form there is."""

    quotas: dict[PartyName, int] = Field(default_factory=dict, description="another quota")
    name: PartyName = Field(description="name of the party")
    title: str = Field(default="", description="name for people")
    listen: Address = Field(default="127.0.0.1:1", description="where to listen")
    agencies: tuple[PartyName, ...] = Field(default=(), description="who may call")
    seconds: float = Field(default=1.5, gt=0, description="how long")


FULL = Example(
    name="FR-DNMS", title='Ένα "two" \\ \t 三', agencies=("A", "B-2"), quotas={"IT-DCPC": 3, "7": 0}, listen="[::1]:0"
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    for settings in (FULL, Example(name="A")):
        path.unlink(missing_ok=True)
        write_settings(path, settings, "An example.")
        assert read_settings(path, Example) == settings
    assert set(tomllib.loads(path.read_text())) == set(Example.model_fields)


def test_every_setting_stands_below_its_meaning(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    write_settings(path, FULL, "An example.")
    lines = path.read_text().splitlines()
    assert lines[0] == "# An example."
    for name, field in Example.model_fields.items():
        meaning = lines.index(f"# {field.description}")
        assert lines[meaning + 1].startswith((f"{name} = ", f"[{name}]"))


def test_settings_are_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    write_settings(path, FULL, "An example.")
    with pytest.raises(SymbolonError) as caught:
        write_settings(path, Example(name="A"), "An example.")
    assert caught.value.code is ErrorCode.ALREADY_INITIALISED
    assert read_settings(path, Example) == FULL


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SymbolonError, match=r"example\.toml is missing") as caught:
        read_settings(tmp_path / "example.toml", Example)
    assert caught.value.code is ErrorCode.NOT_INITIALISED


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('name = "A"\nunknown = 1', "unknown"),
        ("", "name"),
        ('name = "fr"', "name"),
        ('name = "A"\nlisten = "nowhere"', "listen"),
        ('name = "A"\nseconds = 0', "seconds"),
        ('name = "A"\nagencies = ["A", "b"]', "agencies.1"),
        ('name = "A"\n[quotas]\nb = 1', "quotas.b"),
        ("name = ", "example.toml"),
    ],
)
def test_a_wrong_setting_stops_with_its_name_and_not_its_value(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "example.toml"
    path.write_text(text)
    with pytest.raises(SymbolonError) as caught:
        read_settings(path, Example)
    assert caught.value.code is ErrorCode.INVALID_INPUT
    assert named in caught.value.detail
    assert "nowhere" not in caught.value.detail


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(SymbolonError) as caught:
        read_settings(path, Example)
    assert caught.value.code is ErrorCode.INVALID_INPUT


def test_options_of_the_command_line_are_checked_alike() -> None:
    with pytest.raises(SymbolonError, match="the options: name: expected 1 to 40 capital letters"):
        check_settings(Example, {"name": "a"}, "the options")


@pytest.mark.parametrize(
    "text", ["127.0.0.1:1", "hub.example:65535", "[::1]:80", "[2001:db8::1]:443", "localhost:0", f"{'h' * 253}:1"]
)
def test_an_address_is_host_and_port(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", ":1", "host", "host:", "host:65536", "host:-1", "host:1x", "host:٣", "a b:1", "h:1\n", "h\n:1"),
        *("unix:/run/x:1", "dns:///h:1", "::1:80", "[::1]", "[h]:1", "h:1,h:2", f"{'h' * 254}:1"),
    ],
)
def test_whatever_else_could_be_dialled_is_no_address(text: str) -> None:
    assert not is_address(text)
