"""The template of an agreement: every clause with its meaning, to be filled in."""

from __future__ import annotations

TEMPLATE = """\
# An agreement between agencies, schema 1. Every clause is required; an unknown one is refused.
# symbolon agreement check FILE says what is missing, symbolon agreement show FILE what it means.
schema = 1
id = "fr-de-2026"                  # name of the agreement, the same at all parties
version = 1                        # counts amendments
title = "Agreement on blind queries against migrant smuggling"
legal_basis = "Regulation (EU) 2024/982, articles 25 to 28"
purposes = ["migrant_smuggling"]   # migrant_smuggling, trafficking_in_human_beings, terrorism,
                                   # organised_crime, document_fraud, missing_persons
valid_from = 2026-01-01            # both days included, UTC
valid_until = 2027-12-31
bit_budget = 22                    # identifying bits a rule token carries at least: more opens less to strangers
maximum_candidates = 5             # records told of at level 2 at most

[answer]                           # what is answered at once
maximum = 2                        # 0 nothing, 1 hit or no hit, 2 reference, match quality and contact point
hit_score = 0.5                    # probability from which a hit is told
reference_score = 0.5              # probability from which its reference is told

[[parties]]
agency = "FR-DNMS"                 # as in its certificate
roles = ["asks", "holds"]
contact = "desk@dnms.example"

[[parties]]
agency = "DE-ZASM"
roles = ["asks", "holds"]
contact = "desk@zasm.example"
"""
