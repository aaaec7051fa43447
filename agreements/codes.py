"""The closed lists of words that agreements, questions and records are written in. A word not listed does not exist.

Offence categories are those of the list of 32 in Council Framework Decision 2002/584/JHA, article 2(2), which national
laws across Europe map to already, with migrant smuggling by its name of today; categories of records are those of
Regulation (EU) 2018/1862; handling codes are Europol's. What a rule does with a word is decided elsewhere.
"""

from __future__ import annotations

from typing import Literal, get_args

Purpose = Literal[
    "migrant_smuggling",
    "trafficking_in_human_beings",
    "terrorism",
    "organised_crime",
    "document_fraud",
    "missing_persons",
]
"""What a query is for."""

Offence = Literal[
    "participation_in_a_criminal_organisation",
    "terrorism",
    "trafficking_in_human_beings",
    "sexual_exploitation_of_children",
    "illicit_trafficking_in_drugs",
    "illicit_trafficking_in_weapons",
    "corruption",
    "fraud",
    "money_laundering",
    "counterfeiting_currency",
    "computer_related_crime",
    "environmental_crime",
    "migrant_smuggling",
    "murder_or_grievous_bodily_injury",
    "illicit_trade_in_human_organs",
    "kidnapping_or_hostage_taking",
    "racism_and_xenophobia",
    "organised_or_armed_robbery",
    "illicit_trafficking_in_cultural_goods",
    "swindling",
    "racketeering_and_extortion",
    "counterfeiting_and_product_piracy",
    "forgery_of_administrative_documents",
    "forgery_of_means_of_payment",
    "illicit_trafficking_in_hormones",
    "illicit_trafficking_in_nuclear_materials",
    "trafficking_in_stolen_vehicles",
    "rape",
    "arson",
    "crimes_of_the_international_criminal_court",
    "unlawful_seizure_of_aircraft_or_ships",
    "sabotage",
    "no_offence",
]
"""The offence a question or request is about; ``no_offence`` for a missing person, which is none."""

Nature = Literal["ordinary", "political", "military", "religious", "racial", "fiscal"]
"""What an offence is by its nature; agreements bar some (INTERPOL's constitution, article 3)."""

PersonRole = Literal[
    "suspect", "convicted", "wanted", "associate", "witness", "victim", "missing", "vulnerable", "unknown_wanted"
]
"""What somebody is in a case: in the asker's, as asked, or in the holder's, as recorded."""

RecordCategory = Literal[
    "arrest",
    "missing_person",
    "vulnerable_person",
    "judicial_procedure",
    "discreet_check",
    "inquiry_check",
    "specific_check",
    "unknown_wanted_person",
    "object",
    "intelligence",
]
"""Why a record is held."""

Action = Literal["arrest", "locate", "protect", "discreet_check", "inquiry_check", "specific_check", "seize", "none"]
"""What is to be done where the person or object is found; a flag names the fallback a country takes instead."""

Known = Literal["yes", "no", "unknown"]
"""A fact that may not be known. A rule reads *unknown* as whichever of the others tells less."""

HandlingCode = Literal["H0", "H1", "H2", "H3"]
"""H0 any lawful use · H1 not in court without permission · H2 not passed on without permission · H3 as the text says.

In this order each adds to the restrictions of the one before.
"""

HANDLING_CODES: tuple[HandlingCode, ...] = get_args(HandlingCode)

ReleasedField = Literal[
    "category", "names", "aliases", "names_original", "name_parts", "dob", "pob", "nationality", "gender", "documents",
    "phones", "emails", "addresses", "address_countries", "programs", "listed_on", "source", "record_category",
    "person_role", "action", "reliability",
]  # fmt: skip
"""Fields of a record that may be released (``docs/reference/records.md``)."""

OfficerRole = Literal["analyst", "release_officer", "supervisor", "legal_adviser", "judge", "auditor"]
"""What an officer may do at a desk."""

Consent = Literal["never", "with_consent"]
"""Whether something is barred, or needs the giver's prior consent; that it is free is no choice."""

PenaltyRule = Literal["refuse", "assurance", "answer"]
"""What a possible death penalty means: nothing is told, or only against an assurance, or it makes no difference."""

AfterEnd = Literal["delete", "keep_under_conditions"]
"""What becomes of what was shared when an agreement has ended."""
