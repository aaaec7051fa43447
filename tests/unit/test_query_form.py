"""The form of a query and the request that it makes."""

from __future__ import annotations

import json

from console.query_form import empty, of_request, request_of
from tests.unit.asked_desk import DE, request

HEBREW = "גיאורגוס מלאנוס"


def test_a_form_and_its_request_are_the_same_in_both_directions() -> None:
    asked = request({"names": ["A B"], "names_original": [HEBREW], "dob": ["1980~"], "nationality": ["SY", "IQ"],
                     "gender": "F", "documents": [{"type": "passport", "country": "SY", "number": "N1234567"}],
                     "aliases": ["C"], "pob": ["Halab"], "phones": ["+30 1"], "emails": ["a@b.org"]},
                    recipients=[DE], agreement="fr-de-2026", assurance=True)  # fmt: skip
    again = request_of(of_request(asked))
    assert json.loads(again.subject_json) == json.loads(asked.subject_json)
    again.subject_json = asked.subject_json
    assert again == asked


def test_a_span_of_birth_is_one_interval() -> None:
    values = empty() | {"names": "A B", "born_from": "1970", "born_to": "1972-03"}
    assert json.loads(request_of(values).subject_json)["dob"] == ["1970/1972-03"]
