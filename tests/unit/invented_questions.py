"""Invented agreements, questions, records and steps, near enough to a permission that about half of them are allowed.

Each follows from one number, which Hypothesis draws: drawing every field by itself takes a hundred times as long, and
most of it would go into questions that a first rule refuses.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any

from hypothesis import strategies as st

from agreements.agreement import Agreement
from agreements.decision import Decision, decide, decide_asking
from agreements.facts import Approval, Asked, Emergency, MatchFacts, QuotaUse, RecordRules, Stage, Steps
from agreements.standing import AgreementSet, Standing
from tests.unit.agreed import AGREEMENT, ASKED, NOW

AGENCIES = {"FR-DNMS": "FR", "DE-ZASM": "DE", "GR-YPAM": "GR", "HR-USKOK": "HR"}
COUNTRIES = ("SY", "SYR", "FR", "FRA", "DE", "D", "DEU", "GR", "EL", "GRC", "HR", "YUG", "", "XXX", "QQQ", "Syrian")
KNOWN = ("yes", "no", "unknown")
OFFICERS = ("a.durand", "b.petit", "c.weber", "d.klein", "C.Weber", " ", "")
ROLES = ("release_officer", "supervisor", "judge", "analyst")
FIELDS = ("names", "dob", "phones", "action", "documents")

_TEMPLATE = AGREEMENT.model_dump(by_alias=True)


@dataclass(frozen=True)
class Question:
    """Everything one decision is made from."""

    standings: tuple[Standing, ...]
    asked: Asked
    record: RecordRules
    match: MatchFacts | None
    stage: Stage
    steps: Steps
    quota: QuotaUse

    def decided(self) -> Decision:
        """Decide it as the holder."""
        held = AgreementSet(self.standings)
        return decide(held, self.asked, self.record, self.match, self.stage, self.steps, self.quota)

    def decided_asking(self) -> Decision:
        """Decide it as the asker."""
        return decide_asking(AgreementSet(self.standings), self.asked, self.stage, self.steps)

    def changed(self, part: str, **changes: Any) -> Question:
        """Give the question with one of its parts changed."""
        return replace(self, **{part: replace(getattr(self, part), **changes)})

    def with_agreement(self, agreement: Agreement) -> Question:
        """Give the question under another text of the first agreement."""
        first, *others = self.standings
        renamed = replace(self.asked, agreement_hash=agreement.hash)
        return replace(self, standings=(replace(first, agreement=agreement), *others), asked=renamed)


class _Inventor:
    """Invents by one number; ``oddness`` is how often something is not as usual."""

    def __init__(self, number: int) -> None:
        self.random = Random(number)  # noqa: S311  # invents tests, no keys
        self.oddness = self.random.choice((0.0, 0.02, 0.05, 0.15))

    def mostly(self, usual: Any, *others: Any) -> Any:
        return self.random.choice(others) if self.random.random() < self.oddness else usual

    def one_of(self, *values: Any) -> Any:
        return self.random.choice(values)

    def some(self, *words: str) -> list[str]:
        return self.random.sample(words, self.random.randint(1, len(words)))

    def agreement(self) -> Agreement:
        """Invent an agreement."""
        values = copy.deepcopy(_TEMPLATE)
        names = self.random.sample(list(AGENCIES), self.random.randint(2, 4))
        values["parties"] = [
            _TEMPLATE["parties"][0]
            | {"agency": name, "country": AGENCIES[name], "roles": ["asks", "holds"] if number < 2 else ["asks"]}
            for number, name in enumerate(names)
        ]
        scores = sorted(self.one_of(0.3, 0.5, 0.7, 0.9) for _ in range(4))
        values |= {
            "title": self.one_of("one", "other", "third"),
            "purposes": self.mostly(["migrant_smuggling", "terrorism"], ["migrant_smuggling"]),
            "person_roles": self.mostly(["suspect", "witness", "victim"], ["suspect"], ["victim"]),
            "record_categories": self.mostly(["arrest", "intelligence"], ["object"]),
            "death_penalty": self.one_of("refuse", "assurance", "answer"),
            "discreet_hits": self.one_of("tell_holder_only", "tell_both"),
            "joint_team": self.one_of(None, None, None, _team(names)),
        }
        values["offences"] |= {
            "minimum_penalty_months": self.one_of(0, 12, 60),
            "barred_natures": self.one_of([], ["political"], ["political", "fiscal"]),
        }
        values["answer"] |= {
            "maximum": self.one_of(0, 1, 1, 2, 2, 2, 2),
            "hit_score": scores[0],
            "reference_score": scores[1],
            "bit_budget": self.one_of(16, 22, 30),
        }
        values["release"] |= {
            "maximum": self.one_of(0, 1, 2, 3, 3, 4, 4, 4),
            "core_score": scores[2],
            "supplementary_score": scores[3],
            "core_fields": self.some(*FIELDS),
            "supplementary_fields": self.some(*FIELDS),
            "confirmations": self.mostly(1, 2),
            "approval": {"needed": self.one_of(1, 2, 3), "roles": self.some(*ROLES)},
        }
        values["protection"] = {name: self.one_of(0, 1, 2, 3, 4, 4, 4) for name in values["protection"]}
        values["emergency"] |= {
            "maximum": self.one_of(0, 3, 3, 4),
            "approval": {"needed": self.one_of(1, 2), "roles": self.some(*ROLES)},
        }
        values["quotas"] = {name: self.mostly(10, 0, 1) for name in values["quotas"]}
        return Agreement.model_validate(values)

    def moment(self) -> datetime:
        """Invent a moment at an edge of validity or near now, in some zone or none."""
        edge = self.one_of(datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC), NOW)
        moment: datetime = edge + timedelta(seconds=self.one_of(-3600, -1, 0, 1, 3600))
        zone = self.one_of(UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=5)), None)
        return moment.astimezone(zone) if zone is not None else moment.replace(tzinfo=None)

    def standing(self, agreement: Agreement) -> Standing:
        """Invent where it stands."""
        day = self.one_of(date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25))
        parties = list(agreement.party_of)
        return Standing(
            agreement,
            self.mostly(frozenset(parties), frozenset(parties[1:]), frozenset(parties[:-1])),
            accepted=self.mostly(True, False),
            suspended_by=self.mostly(frozenset(), *(frozenset({one}) for one in AGENCIES)),
            ended=self.mostly({}, *({one: day} for one in AGENCIES)),
            superseded_from=self.mostly(None, day),
        )

    def asked(self, agreement: Agreement) -> Asked:
        """Invent a question under it."""
        names = [party.agency for party in agreement.parties]
        return Asked(
            asker=self.mostly(names[0], *AGENCIES),
            holder=self.mostly(names[1], *AGENCIES),
            agreement_hash=self.mostly(agreement.hash, bytes(32)),
            now=self.mostly(NOW, self.moment()),
            purpose=self.mostly("migrant_smuggling", "terrorism", "document_fraud", ""),
            user=self.mostly("a.durand", *OFFICERS),
            legal_basis=self.mostly(True, False),
            case=self.mostly(ASKED.case, "another", " ", ""),
            offence=self.mostly("migrant_smuggling", "arson", ""),
            penalty_months=self.mostly(60, None, 0, 11, 12, 59),
            nature=self.mostly("ordinary", "political", "fiscal", "Ordinary", ""),
            person_role=self.mostly("suspect", "victim", "witness", ""),
            death_penalty=self.mostly("no", "yes", "unknown"),
            assurance=self.one_of(True, False),
            emergency=self.one_of(
                None,
                None,
                None,
                Emergency("g.blanc", True),
                self.mostly(None, Emergency(" ", True), Emergency("x", False)),
            ),
        )

    def record(self) -> RecordRules:
        """Invent a record's own rules."""
        return RecordRules(
            category=self.mostly("arrest", "object", ""),
            person_role=self.mostly("suspect", "victim", "witness", ""),
            nature=self.mostly("ordinary", "political", "fiscal", ""),
            nationalities=tuple(self.one_of("SY", "TR", *COUNTRIES) for _ in range(self.one_of(0, 1, 1, 2))),
            minor=self.mostly("no", *KNOWN),
            victim=self.mostly("no", *KNOWN),
            witness=self.mostly("no", *KNOWN),
            sealed=self.mostly("no", *KNOWN),
            discreet=self.one_of("no", "no", "no", *KNOWN),
            barred=self.mostly(frozenset(), None, *(frozenset({word}) for word in (*COUNTRIES, *AGENCIES))),
            hidden_until=self.mostly(None, self.moment()),
            action="arrest",
            withheld=self.one_of(
                frozenset(), frozenset({"dob"}), self.mostly(frozenset(), None, frozenset({"Melanos"}))
            ),
            code="H0",
            at_most=self.mostly(4, -1, 0, 1, 2, 3, 5),
        )

    def steps(self) -> Steps:
        """Invent what people did."""
        approvals = [Approval(self.one_of(*OFFICERS), self.one_of(*ROLES)) for _ in range(self.one_of(0, 1, 2, 3))]
        usual = tuple(Approval(officer, role) for officer in ("e.roux", "f.lang", "i.kurz") for role in ROLES)
        confirmed = self.mostly(frozenset({"b.petit", "a.durand"}), frozenset(), frozenset({"B.Petit", "b.petit"}))
        return Steps(
            confirmed_by=confirmed,
            request_complete=self.mostly(True, False),
            requested_by=self.mostly("a.durand", "c.weber", "", " "),
            approvals=self.one_of(usual, usual, usual, tuple(approvals)),
        )

    def match(self) -> MatchFacts | None:
        """Invent a match."""
        score = self.one_of(0.3, 0.5, 0.7, 0.9, 0.99, self.random.random())
        odd = self.mostly(score, math.nan, math.inf, -1.0, 1.5)
        found: MatchFacts | None = self.mostly(
            MatchFacts(odd, self.mostly(30.0, 22.0, 21.9, 16.0, math.nan, math.inf)), None
        )
        return found

    def question(self) -> Question:
        """Invent a question under the first of some agreements."""
        texts = {text.hash: text for text in (self.agreement() for _ in range(self.one_of(1, 1, 2, 3)))}
        standings = tuple(self.standing(text) for text in texts.values())
        used = (self.mostly(self.one_of(0, 0, 1), 9, 10, -1, None) for _ in range(5))
        return Question(
            standings,
            self.asked(standings[0].agreement),
            self.record(),
            self.match(),
            self.one_of(*Stage),
            self.steps(),
            QuotaUse(*used),
        )


def _team(names: list[str]) -> dict[str, Any]:
    members = [{"agency": names[0], "officer": officer} for officer in ("a.durand", "b.petit")]
    return {"case": ASKED.case, "members": members}


_numbers = st.integers(0, 2**63)


def agreements() -> st.SearchStrategy[Agreement]:
    """Draw an agreement."""
    return _numbers.map(lambda number: _Inventor(number).agreement())


def questions() -> st.SearchStrategy[Question]:
    """Draw a question under the first of some agreements."""
    return _numbers.map(lambda number: _Inventor(number).question())


def scores() -> st.SearchStrategy[float]:
    """Draw scores, those of the clauses among them."""
    return st.sampled_from([0.3, 0.5, 0.7, 0.9]) | st.floats(0, 1)
