"""What an attacker does with bytes he has got hold of. Nothing here has a secret of its own: callers hand it over.

`Needles` searches for many byte strings at once in every usual spelling. `Dictionary` is what whoever holds the
custodian's key can compute of a population. The others compare: equal blocks, equal bits, delays.
"""

from __future__ import annotations

import base64
import json
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path
from random import Random
from urllib.parse import quote

from deploy.local import EPOCH
from matching import sodium
from matching.features import Feature, query_features, record_features
from matching.lockbox import TAG_BYTES, TokenSecrets, token_secrets
from matching.normalise import name_parts
from matching.oblivious import PrivateKey, blind, evaluate, finalize_unproved, token_input
from matching.subject import parse_subject
from tests.integration.invented import Row

_PREFIX = 5
_CODEPAGES = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "cp1251", "iso8859-5", "koi8-r")


@dataclass
class Needles:
    """Byte strings to look for, each with a label that says what its finding would mean."""

    _by_prefix: dict[bytes, list[tuple[bytes, str]]] = field(default_factory=dict)

    def add_bytes(self, label: str, secret: bytes) -> None:
        """Look for a secret as it is, in hexadecimal and in base64 at each alignment."""
        for spelt in (secret, secret.hex().encode(), secret.hex().upper().encode(), *_base64(secret)):
            self._add(label, spelt)

    def add_text(self, label: str, text: str) -> None:
        """Look for a text in each case, code page, Unicode form and escape, forwards and backwards."""
        forms = {text, text.lower(), text.upper(), text.title(), unicodedata.normalize("NFD", text), text[::-1]}
        for form in forms:
            for escaped in (json.dumps(form)[1:-1], quote(form)):
                self._add(label, escaped.encode())
            for codepage in _CODEPAGES:
                self._add(label, form.encode(codepage, errors="ignore"))
            for spelt in (*_base64(form.encode()), form.encode().hex().encode()):
                self._add(label, spelt)

    def found_in(self, haystack: bytes) -> set[str]:
        """Give the labels of all that is there, in the haystack as it is and in lower case."""
        return {label for text in (haystack, haystack.lower()) for label in self._scan(text)}

    def _add(self, label: str, needle: bytes) -> None:
        if len(needle) > _PREFIX:
            self._by_prefix.setdefault(needle[:_PREFIX], []).append((needle, label))

    def _scan(self, haystack: bytes) -> Iterator[str]:
        for place in range(len(haystack) - _PREFIX):
            for needle, label in self._by_prefix.get(haystack[place : place + _PREFIX], ()):
                if haystack.startswith(needle, place):
                    yield label


def add_person(needles: Needles, row: Row) -> None:
    """Look for all that says who a person of a list or query is."""
    who = row["names"][0]
    for name in (*row["names"], *row.get("names_original", ())):
        for text in (name, *name.split(), " ".join(name_parts(name))):
            needles.add_text(f"name of {who}", text)
    year, month, day = row["dob"][0].split("-")
    for date in (f"{year}-{month}-{day}", f"{day}.{month}.{year}", f"{day}/{month}/{year}"):
        needles.add_text(f"birth date of {who}", date)
    for document in row.get("documents", ()):
        needles.add_text(f"document of {who}", document["number"])
    if "record_id" in row:
        needles.add_text(f"record id of {who}", row["record_id"])


@dataclass(frozen=True)
class Dictionary:
    """All tokens of a population, which takes the custodian's key; ``owners`` says whose each is."""

    tokens: Mapping[bytes, bytes]
    elements: Sequence[bytes]
    owners: Mapping[bytes, frozenset[str]]

    @classmethod
    def of(cls, rows: Iterable[Row], key: PrivateKey) -> Dictionary:
        """Compute what these people's records and queries are turned into, unblinded."""
        owners: dict[bytes, frozenset[str]] = {}
        for row in rows:
            for feature in all_features(row):
                owners[feature.canonical()] = owners.get(feature.canonical(), frozenset()) | {row["names"][0]}
        inputs = [token_input(EPOCH, text) for text in owners]
        bare = blind(inputs, blinds=[sodium.ONE] * len(inputs))
        evaluated = evaluate(key, bare.elements)
        tokens = finalize_unproved(bare, evaluated)
        return cls(dict(zip(owners, tokens, strict=True)), (*bare.elements, *evaluated), owners)

    def secrets_at(self, responder: str) -> dict[TokenSecrets, frozenset[str]]:
        """Give tag and wrap secret of each token at one responder, and whose they may be."""
        return {
            token_secrets(token, EPOCH, responder): self.owners[canonical] for canonical, token in self.tokens.items()
        }

    def people_in(self, haystack: bytes, responder: str) -> dict[str, int]:
        """Guess everybody: give each person whose tags occur among the bytes, and how many do."""
        owners = {derived.tag: people for derived, people in self.secrets_at(responder).items()}
        places = range(len(haystack) - TAG_BYTES + 1)
        tags = {tag for place in places if (tag := haystack[place : place + TAG_BYTES]) in owners}
        found: dict[str, int] = {}
        for person in (person for tag in tags for person in owners[tag]):
            found[person] = found.get(person, 0) + 1
        return found

    def add_to(self, needles: Needles, responders: Iterable[str]) -> None:
        """Look for every canonical string, token, bare or evaluated element, tag and wrap secret."""
        for canonical, token in self.tokens.items():
            needles.add_bytes("canonical string", canonical)
            needles.add_bytes("token", token)
        for element in self.elements:
            needles.add_bytes("element", element)
        for responder in responders:
            for derived in self.secrets_at(responder):
                needles.add_bytes("tag", derived.tag)
                needles.add_bytes("wrap secret", derived.wrap_secret)


def all_features(row: Row) -> tuple[Feature, ...]:
    """Give the features of a row as a record and as a query."""
    subject = parse_subject({field: value for field, value in row.items() if field != "record_id"})
    return (*record_features(subject), *query_features(subject))


def windows(data: bytes, size: int) -> set[bytes]:
    """Give every run of ``size`` bytes."""
    return {data[start : start + size] for start in range(len(data) - size + 1)}


def deviations(left: bytes, right: bytes) -> float:
    """Give by how many standard deviations the number of equal bits of two equally long texts is off one half."""
    bits = 8 * len(left)
    different = (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).bit_count()
    return abs(different - bits / 2) / sqrt(bits / 4)


def unlike(left: Sequence[int], right: Sequence[int], rounds: int = 20_000) -> float:
    """Give the p-value of a permutation test of equal means, two-sided; the smallest is 1 / (rounds + 1)."""
    rng = Random(2024)  # noqa: S311  # a test, not a key
    together = [*left, *right]
    expected = sum(together) * len(left) / len(together)
    observed = abs(sum(left) - expected)
    as_far = sum(abs(sum(rng.sample(together, len(left))) - expected) >= observed - 1e-9 for _ in range(rounds))
    return (as_far + 1) / (rounds + 1)


def everything_in(folder: Path) -> bytes:
    """Give every byte of every file of a folder: settings, keys, databases, their write-ahead logs, process logs."""
    return b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def held_in_memory(process: int, texts: Iterable[bytes]) -> set[bytes]:
    """Give the texts that stand somewhere in a process's writable memory; raise `PermissionError` if it is closed."""
    wanted, found = set(texts), set()
    with Path(f"/proc/{process}/maps").open() as maps, Path(f"/proc/{process}/mem").open("rb", 0) as memory:
        for line in maps:
            span, permissions, *_, name = (*line.split(maxsplit=5), "")[:7]
            if not permissions.startswith("rw") or name.startswith("[v"):
                continue
            start, end = (int(number, 16) for number in span.split("-"))
            try:
                region = os.pread(memory.fileno(), end - start, start)
            except OSError:
                continue  # gone or not backed since the list was read
            found |= {text for text in wanted if text in region}
    return found


def _base64(secret: bytes) -> list[bytes]:
    """Give what base64 leaves of a secret wherever it begins among other bytes."""
    return [base64.b64encode(bytes(shift) + secret)[4 if shift else 0 : -4] for shift in range(3)]
