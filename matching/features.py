"""Rule tokens: the conjunctions of a subject's data that two agencies may find they share, and nothing smaller.

A *feature* is a rule and its values: codes of several parts of one name, and as much of birth date and nationality as
brings the whole to ``budget`` bits under the public table of ``matching.frequency``. Only *minimal* conjunctions are
emitted: none of which a part would already reach the budget, and none in a finer code where a coarser one reaches it.
The equality of `Feature.canonical` of a query's and a record's feature is the whole of the blind match; what the token
of it is worth against an attacker is said in DESIGN section 3 and ``docs/explanation/threats.md``.

Not decided here: how alike two subjects are (``matching.scoring``), and whether anybody may know (the agreement).
Raising the budget replaces features by longer ones, so the sets are not nested; but a record and a query that share a
feature at some budget share one at every lower budget (as long as neither was cut at its limit).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from matching.dates import DateInterval
from matching.encoding import encode
from matching.frequency import (
    DAY_BITS,
    FIRST_OF_JANUARY_BITS,
    MONTH_BITS,
    NUMBER_BITS,
    YEAR_BITS,
    code_bits,
    nationality_bits,
    table_text,
)
from matching.identifiers import read_document, read_email, read_phone
from matching.normalise import fold, telling_parts
from matching.phonetics import CODE_FAMILIES
from matching.subject import Subject, parse_subject

DEFAULT_BUDGET = 24
MOST_RECORD_FEATURES = 512
MOST_QUERY_FEATURES = 256
MOST_NAMES = 48
MOST_PARTS_USED = 6
MOST_PARTS_TOGETHER = 4
MOST_YEARS = 6
MOST_DATES = 6

LEVELS = tuple(CODE_FAMILIES)
N, Y, M, D = 1, 2, 4, 8
CONTEXTS = (0, N, Y, Y | N, M | D, M | D | N, Y | M, Y | M | N, Y | D, Y | D | N, Y | M | D, Y | M | D | N)


@dataclass(frozen=True, slots=True)
class Context:
    mask: int
    label: str
    value: str
    bits: float


RULES_VERSION = "1"


def _version() -> str:
    """Name the version after everything a canonical string depends on, so that drift is loud."""
    vectors = (fold("Müller Мюллер محمد 김정은 习近平 Γιώργος יוסף"), *(code(SAMPLE) for code in CODE_FAMILIES.values()))
    digest = hashlib.sha256(encode("symbolon/v1/normaliser", RULES_VERSION, table_text(), *vectors))
    return f"{RULES_VERSION}-{digest.hexdigest()[:16]}"


SAMPLE = "abdrahmanxschkhuq"
NORMALISER_VERSION = _version()


@dataclass(frozen=True, slots=True)
class Feature:
    rule: str
    values: tuple[str, ...]
    bits: float

    def canonical(self) -> bytes:
        return encode("symbolon/v1/feature", self.rule, NORMALISER_VERSION, *self.values)


def date_contexts(births, asking):
    """mask -> set of values with bits"""
    out = {}
    def add(mask, value, bits):
        out.setdefault((mask, value), bits)
    for b in births[:MOST_DATES]:
        y0, y1 = b.earliest.year, b.latest.year
        if b.day:
            jan = (b.month, b.day) == (1, 1)
            md = FIRST_OF_JANUARY_BITS if jan else MONTH_BITS + DAY_BITS
            y, m, d = str(y0), f"{b.month:02}", f"{b.day:02}"
            add(Y, y, YEAR_BITS)
            add(M | D, m + d, md)
            if not jan:
                add(Y | M, y + m, YEAR_BITS + MONTH_BITS)
                add(Y | D, y + "-" + d, YEAR_BITS + DAY_BITS)
            add(Y | M | D, y + m + d, YEAR_BITS + md)
            if asking and b.day <= 12 and b.day != b.month:
                add(M | D, d + m, md)
                add(Y | M | D, y + d + m, YEAR_BITS + md)
            if b.approximate:
                add(Y, str(y0 - 1), YEAR_BITS); add(Y, str(y0 + 1), YEAR_BITS)
        else:
            if b.month:
                add(Y | M, f"{y0}{b.month:02}", YEAR_BITS + MONTH_BITS)
            if b.approximate:
                y0, y1 = y0 - 1, y1 + 1
            if y1 - y0 < MOST_YEARS:
                for y in range(y0, y1 + 1):
                    add(Y, str(y), YEAR_BITS)
    return out


def contexts(subject, asking):
    dates = date_contexts(subject.births, asking)
    res = [(0, "", 0.0)]
    for (mask, value), bits in dates.items():
        res.append((mask, value, bits))
    for nat in dict.fromkeys(subject.nationalities[:4]):
        nb = nationality_bits(nat)
        res += [(mask | N, value + nat, bits + nb) for mask, value, bits in list(res) if not mask & N]
    by = {}
    for mask, value, bits in res:
        by.setdefault(mask, []).append((value, bits))
    return [(mask, by[mask]) for mask in CONTEXTS if mask in by]


LABEL = {m: "".join(l for b, l in ((Y, "Y"), (M, "M"), (D, "D"), (N, "N")) if m & b) for m in CONTEXTS}
ALLOWED = lambda k, level, mask, asking: True


def name_features(parts, ctxs, budget, asking):
    table = [[(CODE_FAMILIES[f](p), code_bits(f, p)) for p in parts] for f in LEVELS]
    emitted = []
    n = len(parts)
    for size in range(1, min(n, MOST_PARTS_TOGETHER) + 1):
        for combo in combinations(range(n), size):
            cmask = 0
            for i in combo:
                cmask |= 1 << i
            for level, row in enumerate(table):
                codes = sorted(row[i][0] for i in combo)
                if len(set(codes)) < size:
                    continue
                nb = sum(row[i][1] for i in combo)
                for mask, values in ctxs:
                    if not ALLOWED(size, level, mask, asking):
                        continue
                    if any(ec & cmask == ec and el <= level and em & mask == em for ec, el, em in emitted):
                        continue
                    ok = False
                    for value, bits in values:
                        if nb + bits >= budget:
                            ok = True
                            yield Feature(f"n{size}{LEVELS[level][1]}{LABEL[mask]}", (*codes, value), nb + bits)
                    if ok:
                        emitted.append((cmask, level, mask))


def features(subject, budget, asking):
    seen = {}
    ctxs = contexts(subject, asking)
    done = set()
    for name in subject.names[:MOST_NAMES]:
        parts = used_parts(name.text)
        if not parts or frozenset(parts) in done:
            continue
        done.add(frozenset(parts))
        for f in name_features(parts, ctxs, budget, asking):
            seen.setdefault((f.rule, f.values), f)
    for f in numbers(subject):
        seen.setdefault((f.rule, f.values), f)
    return tuple(seen.values())


def used_parts(text):
    parts = telling_parts(text)
    return tuple(sorted(parts[:MOST_PARTS_USED]))


def numbers(subject):
    for d in subject.documents[:32]:
        i = read_document(d)
        if i and len(i.value) >= 5:
            for c in ([i.country] if i.country else subject.nationalities[:2]):
                yield Feature("doc", (i.kind, c, i.value), NUMBER_BITS)
    for e in subject.emails[:16]:
        i = read_email(e)
        if i: yield Feature("mail", (i.value,), NUMBER_BITS)
    for e in subject.phones[:16]:
        i = read_phone(e)
        if i: yield Feature("phone", (i.value,), NUMBER_BITS)


def record_features(subject, budget=DEFAULT_BUDGET):
    return features(subject, budget, False)[:MOST_RECORD_FEATURES]


def query_features(subject, budget=DEFAULT_BUDGET):
    return features(subject, budget, True)[:MOST_QUERY_FEATURES]


def golden_digest() -> str:
    """Give the digest over the features of a few invented subjects; nodes compare it when one joins."""
    hashed = hashlib.sha256()
    for row in GOLDEN_ROWS:
        subject = parse_subject(row)
        for feature in (*record_features(subject, DEFAULT_BUDGET), *query_features(subject, DEFAULT_BUDGET)):
            hashed.update(encode(feature.canonical()))
    return hashed.hexdigest()


GOLDEN_ROWS = (
    {"names": ["Karlo Vantroyen"], "dob": ["1971-03-09"], "nationality": ["BE"]},
    {"names": ["Абдурахман Велиханов"], "dob": ["1980"], "nationality": ["RU"]},
)
