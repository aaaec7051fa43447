"""A document's number without a name, as a front line asks it: what it finds, and what it is told at the holder."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.console_desk import ConsoleDesk
from tests.unit.holder import Asking, holder, person
from tests.unit.test_console_query import _over, _sent, asker, desk
from tests.unit.test_responding import ROWS

__all__ = ["asker", "desk"]


async def test_a_documents_number_alone_finds_its_holder_and_no_other(tmp_path: Path) -> None:
    passport = {"type": "passport", "country": "IQ", "number": "A1234567"}
    maran = {"record_id": "DE-3", "names": ["Idris Maran"], "dob": ["1975-03-02"], "documents": [passport]}
    with holder(tmp_path, f"{ROWS}\n{json.dumps(maran)}") as zasm:
        (candidate,) = (await zasm.ask(Asking(person(documents=[passport])))).candidates
        assert (candidate.band, candidate.reasons) == ("strong", ("passport: agrees",))
        assert (await zasm.ask(Asking(person(documents=[passport | {"number": "A1234568"}])))).level == 0


async def test_a_documents_number_alone_is_asked_by_the_form(desk: ConsoleDesk) -> None:
    passport = {"document_type_0": "passport", "document_country_0": "IQ", "document_number_0": "A1234567"}
    browser, where = await _sent(desk, names="", dob="", nationality="", **passport)
    page = (await _over(browser, where)).text
    assert "<bdi>passport IQ A1234567</bdi>" in page
    assert "<dt>Names</dt>" not in page
