"""No word of a person outlives a query in the kernel's caches."""

from __future__ import annotations

import gc
import importlib
import json
import pkgutil
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from pathlib import Path
from typing import Any

import pytest

import matching
from matching.comparison.reading import read_subject
from matching.features import query_features, record_features
from matching.forgetting import WORD_CACHES, forget_words
from matching.scoring import compare
from matching.subject import parse_subject
from tests.unit.holder import Asking, holder, person

ASKED = {"names": ["Zhavandrak Quoriltovex"], "names_original": ["жаваандрак куорилтовех"], "dob": ["1971-05-13"]}
WORDS = ("zhavandrak", "quoriltovex", "жаваандрак", "куорилтовех")

# Their arguments are names of our own tables, schemes and modules, or there are none.
KEEP_NO_WORDS = {
    "_aliases", "_blocks", "_names", "_pool", "_sodium", "month_names", "own_normaliser",
    "read_table", "states", "stdnum_scheme",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _empty() -> None:
    forget_words()


def caches() -> Iterator[_lru_cache_wrapper[Any]]:
    """Give every cache of every module of the kernel."""
    for module in pkgutil.walk_packages(matching.__path__, "matching."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, _lru_cache_wrapper):
                yield value


def words_kept() -> set[str]:
    """Give the words of the person asked for that any cache refers to, at any depth."""
    kept: set[str] = set()
    for cache in caches():
        for referred in gc.get_referents(cache):
            kept |= {word for word in WORDS if word in repr(referred).lower()}
    return kept


def go_through_a_query() -> None:
    query = parse_subject(ASKED)
    query_features(query, 22.0)
    record_features(query, 22.0)
    compare(read_subject(query), query)


def test_a_query_leaves_words_until_they_are_forgotten() -> None:
    go_through_a_query()
    assert words_kept() == set(WORDS)
    forget_words()
    assert words_kept() == set()


def test_every_cache_of_the_kernel_is_either_emptied_or_known_to_hold_no_words() -> None:
    names = {cache.__name__ for cache in caches()}
    assert names - KEEP_NO_WORDS == {cache.__name__ for cache in WORD_CACHES}


def test_forgetting_changes_no_feature() -> None:
    query = parse_subject(ASKED)
    before = query_features(query, 22.0)
    forget_words()
    assert query_features(query, 22.0) == before


async def test_a_holder_forgets_the_words_of_a_query_that_opened(tmp_path: Path) -> None:
    row = {"record_id": "1", **ASKED, "nationality": ["GR"]}
    with holder(tmp_path, json.dumps(row, ensure_ascii=False) + "\n") as opened:
        assert words_kept(), "the test itself has enrolled it"
        assert (await opened.ask(Asking(person(**ASKED, nationality=["GR"])))).level == 2
    assert words_kept() == set()
