"""A document's zone on the command line: from a file or standard input, and nothing of one that is misread."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from cli.query_options import read_zone, with_zone
from ledger.log import Ledger
from node.desk.client import DeskClient
from node.queries.calls import QueryCalls
from symbolon.rpc.errors import SymbolonError
from symbolon.v1.desk_pb2 import ReadMrzRequest, ReadMrzResponse
from tests.unit.asked_desk import TaughtAsker, calls
from tests.unit.test_zones import PASSPORT
from tests.unit.two_desks import ANALYST


@dataclass
class ReadingDesk:
    """A desk's client without a wire."""

    queries: QueryCalls
    read: list[str] = field(default_factory=list)

    async def read_mrz(self, text: str) -> ReadMrzResponse:
        """Have a zone read."""
        self.read.append(text)
        return await self.queries.read_mrz(ReadMrzRequest(text=text), ANALYST)


@pytest.fixture
def desk(tmp_path: Path) -> DeskClient:
    with Ledger(tmp_path / "ledger.db") as ledger:
        return cast(DeskClient, ReadingDesk(calls(ledger, TaughtAsker())))


async def test_what_the_zone_says_is_added_to_what_the_options_say(desk: DeskClient) -> None:
    row = await with_zone(desk, PASSPORT, {"names": ["Anna Erikson"], "gender": "X", "dob": ["1974"]})
    assert row["names"] == ["ERIKSSON, ANNA MARIA", "Anna Erikson"]
    assert row["dob"] == ["1974-08-12", "1974"]
    assert row["gender"] == "X"
    assert row["documents"] == [{"type": "passport", "country": "UTO", "number": "L898902C3"}]
    assert await with_zone(desk, "", {"names": ["Anna Erikson"]}) == {"names": ["Anna Erikson"]}


async def test_a_zone_with_a_wrong_check_digit_is_named_and_asks_nothing(desk: DeskClient) -> None:
    with pytest.raises(SymbolonError, match="--mrz: the check digit is wrong: number, composite") as caught:
        await with_zone(desk, PASSPORT.replace("L898902C36", "L898902C37"), {})
    assert "L898902C3" not in str(caught.value)


def test_a_zone_is_read_from_a_file_or_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "zone").write_text(PASSPORT, encoding="utf-8")
    assert read_zone(tmp_path / "zone") == PASSPORT
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PASSPORT.encode())))
    assert read_zone(Path("-")) == PASSPORT
    assert read_zone(None) == ""
    with pytest.raises(SymbolonError, match="--mrz"):
        read_zone(tmp_path / "none")
