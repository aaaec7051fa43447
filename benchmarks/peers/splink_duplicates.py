"""Find duplicates with Splink, trained without labels: run by its own Python, which needs nothing of this project.

Standard input is one JSON object, ``rows``: the records as FEBRL has them, ``rec_id`` and the columns of a person.
Standard output is another: ``name``, ``seconds`` of processor time for training and prediction, and ``pairs``, each
with both ids and the match probability. Comparisons, blocking and training follow Splink's demonstration for FEBRL 3:
names, postcode and suburb with term frequencies where exact, everything with levels for slips.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from importlib.metadata import version
from typing import Any

import pandas as pd  # type: ignore[import-untyped, import-not-found, unused-ignore]
import splink.comparison_library as cl  # type: ignore[import-not-found]
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

SEED = 20260
SURELY_THE_SAME = (("soc_sec_id",), ("given_name", "surname", "date_of_birth"), ("given_name", "surname", "postcode"))
THEIR_RECALL = 0.6
BLOCKED_BY = ("soc_sec_id", "given_name", "surname", "date_of_birth", "postcode", "suburb", "address_1")
TRAINED_WITHIN = ("date_of_birth", "postcode", "surname")


def main() -> None:
    """Answer the one question."""
    rows = json.load(sys.stdin)["rows"]
    with contextlib.redirect_stdout(sys.stderr):
        start = time.process_time()
        pairs = find_duplicates(rows)
        taken = time.process_time() - start
    json.dump({"name": f"splink {version('splink')}", "seconds": taken, "pairs": pairs}, sys.stdout)


def find_duplicates(rows: list[dict[str, str]]) -> list[tuple[str, str, float]]:
    """Train on the rows and give every pair that blocking proposes, with its probability."""
    table = pd.DataFrame(rows).replace("", None)
    database = DuckDBAPI()
    linker = Linker(database.register(table), _settings(), log_level="ERROR")
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on(*columns) for columns in SURELY_THE_SAME], recall=THEIR_RECALL
    )
    training.estimate_u_using_random_sampling(max_pairs=1e7, seed=SEED)
    for column in TRAINED_WITHIN:
        training.estimate_parameters_using_expectation_maximisation(block_on(column), record_sample_proportion=1.0)
    found = linker.inference.predict(threshold_match_probability=0.001).as_pandas_dataframe()
    columns = zip(found["rec_id_l"], found["rec_id_r"], found["match_probability"], strict=True)
    return [(str(one), str(other), float(probability)) for one, other, probability in columns]


def _settings() -> Any:
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="rec_id",
        blocking_rules_to_generate_predictions=[block_on(column) for column in BLOCKED_BY],
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("address_1", [0.9]),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("suburb", [0.9]).configure(term_frequency_adjustments=True),
        ],
    )


if __name__ == "__main__":
    main()
