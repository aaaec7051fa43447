"""The template of an agreement: every clause with its meaning, to be filled in."""

from __future__ import annotations

TEMPLATE = """\
# An agreement between agencies, schema 2. Every clause is required; an unknown one is refused.
# symbolon agreement check FILE says what is missing, symbolon agreement show FILE what it means.
schema = 2
id = "fr-de-2026"                  # name of the agreement, the same at all parties
version = 1                        # counts amendments
supersedes = ""                    # fingerprint of the version before; empty for version 1
title = "Agreement on blind queries against migrant smuggling"
legal_basis = "Regulation (EU) 2024/982, articles 25 to 28"
purposes = ["migrant_smuggling"]
person_roles = ["suspect", "convicted", "wanted", "associate"]
record_categories = ["arrest", "discreet_check", "inquiry_check", "unknown_wanted_person", "intelligence"]
death_penalty = "assurance"        # refuse, assurance (only against one in writing), answer
discreet_hits = "tell_holder_only" # a hit on a record under a discreet check: tell_holder_only, tell_both

[validity]
from = 2026-01-01                  # both days included, UTC
until = 2027-12-31
notice_days = 90                   # between notice and the end, when one party ends it
after_end = "delete"               # what was shared: delete, keep_under_conditions

[offences]
categories = ["migrant_smuggling", "trafficking_in_human_beings", "participation_in_a_criminal_organisation"]
minimum_penalty_months = 12        # maximum penalty in the asker's law, at least
barred_natures = ["political", "military", "religious", "racial"]

[answer]                           # what is answered at once
maximum = 2                        # 0 nothing, 1 hit or no hit, 2 reference, match quality and contact point
hit_score = 0.5                    # probability from which a hit is told
reference_score = 0.5              # probability from which its reference is told
bit_budget = 22                    # identifying bits a rule token carries at least: more opens less to strangers
maximum_candidates = 5             # records told of at level 2 at most

[release]                          # what may be released after a reasoned request
maximum = 4                        # 0 nothing, 3 core fields, 4 the supplementary ones too
core_score = 0.5
supplementary_score = 0.95
core_fields = ["category", "names", "aliases", "names_original", "dob", "nationality", "gender", "action"]
supplementary_fields = ["pob", "documents", "phones", "emails", "addresses", "record_category", "person_role"]
confirmations = 1                  # officers of the asker who confirm the match
clock_hours = 48                   # to decide a request; the clock pauses while a judge has it
urgent_clock_hours = 8

[release.approval]                 # at the holder, never by somebody who asked
needed = 2
roles = ["release_officer", "supervisor"]

[quotas]                           # of one asking party at one holder
queries_a_day = 500
queries_a_year = 50000
queries_a_case = 200
requests_a_day = 50

[protection]                       # highest level at which the holder tells of ...
own_nationals = 4                  # its own nationals, dual and unknown nationality included
minors = 1                         # minors
victims = 0
witnesses = 0

[handling]
code = "H1"                        # H0 any lawful use, H1 not in court, H2 not passed on, H3 as the caveats say
caveats = ["For intelligence only; not to be used as evidence without the holder's consent."]
onward_transfer = "with_consent"   # never, with_consent
change_of_purpose = "never"        # never, with_consent
retention_days = 365               # after which what was released is deleted, with a receipt
feedback_days = 90                 # within which the asker reports the use

[emergency]                        # danger to life: a shorter path, named and reviewed
maximum = 3
review_days = 7
uses_a_month = 3

[emergency.approval]
needed = 1
roles = ["release_officer", "supervisor"]

[[parties]]
agency = "FR-DNMS"                 # as in its certificate
country = "FR"
roles = ["asks", "holds"]
authorities = ["National Office against Migrant Smuggling"]
contact = "desk@dnms.example"

[[parties]]
agency = "DE-ZASM"
country = "DE"
roles = ["asks", "holds"]
authorities = ["Central Office against Smuggling"]
contact = "desk@zasm.example"

# A joint team asks under an agreement of its own, which has this clause beside all others:
# [joint_team]
# case = "JIT-2026-7"
# [[joint_team.members]]
# agency = "FR-DNMS"
# officer = "a.durand"
"""
