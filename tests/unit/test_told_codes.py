"""The handling code of a record's owner: it binds from the first word told, so it is told with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.holder import AGREEMENT, Asking, holder, person

ASKED = person(names=["Giorgos Melanos"], dob=["1984-08-16"], nationality=["GR"], gender="M")


@pytest.mark.parametrize(("own", "told"), [(None, ""), ("H0", ""), ("H1", ""), ("H2", "H2"), ("H3", "H3")])
async def test_a_hit_says_the_owners_code_where_it_is_stricter_than_the_agreements(
    tmp_path: Path, own: str | None, told: str
) -> None:
    assert AGREEMENT.handling.code == "H1"
    row = {"record_id": "DE-1", "names": ["MELANOS Georgios"], "dob": ["1984-08-16"], "nationality": ["GR"]}
    with holder(tmp_path, json.dumps(row | ({"rules": {"code": own}} if own else {}))) as zasm:
        (candidate,) = (await zasm.ask(Asking(ASKED))).candidates
    assert candidate.code == told
