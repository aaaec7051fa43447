"""The records behind the entries that opened a lockbox: read with their rules, and no more of each than it takes.

A record that cannot be read must not tell that it is there. Where its rules cannot be read either, nothing may be told
of it, so it is left out, as it is where its rules say so; of any other the fault is the asker's to know, since
*nothing* would be wrong. A disk that fails is told whatever was asked (`node.queries.silence`).
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime

from agreements.facts import RecordRules
from matching.lockbox import Opened
from node.enrolment.index import Place
from node.queries.examination import Grounds, OpenedRecord, may_be_told, to_compare
from node.records.rows import read_outline
from node.records.rules import HouseRules, rules_of
from node.records.store import RecordStore
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

_UNREADABLE = RecordRules()  # whose defaults tell least


class OpenedRecords:
    """The agency's records as a query opens them, with the house rules for those that do not say their own."""

    def __init__(self, records: RecordStore, house: HouseRules) -> None:
        self._records = records
        self._house = house

    def read(self, opened: Opened[Place], grounds: Grounds) -> tuple[list[OpenedRecord], int]:
        """Give what is compared, once for each entry that opened, and how many records opened."""
        places = _by_record(opened)
        now = grounds.asked.now
        rules = self._rules_of(places, now)
        read = []
        for number in to_compare(rules, grounds):
            try:
                read += self._read(places[number], now)
            except (sqlite3.Error, OSError):
                raise
            except Exception as error:  # whatever a damaged row makes of itself; told only where it may be
                if may_be_told(rules[number], grounds):
                    raise
                _report(error)
        return read, len(rules)

    def _rules_of(self, numbers: Collection[int], now: datetime) -> dict[int, RecordRules]:
        """Give the rules of records, for they say which of them count, in the same order; none of those removed.

        No more is read of each than that takes, and what reads the same is worked out once, so that a list with one
        person a hundred times answers as soon as another.
        """
        outlines = self._records.outlines(list(numbers))
        rules = {text: self._rules(text, now) for text in set(outlines.values())}
        return {number: rules[outlines[number]] for number in numbers if number in outlines}

    def _rules(self, outline: str, now: datetime) -> RecordRules:
        try:
            own, subject = read_outline(outline)
        except ValueError as error:
            _report(error)
            return _UNREADABLE
        return rules_of(own, subject, self._house, now)

    def _read(self, places: Sequence[Place], now: datetime) -> list[OpenedRecord]:
        """Give a record as enrolled and as it stands, once for each entry that opened; nothing where it was removed."""
        enrolled = self._records.revision(places[0].record_number, places[0].revision)
        current = self._records.current_of(places[0].record_number)
        if enrolled is None or current is None:
            return []
        rules = rules_of(current.rules, current.subject, self._house, now)
        return [
            OpenedRecord(current.record_id, enrolled.subject, current.subject, rules, place.ordinal, place.budget)
            for place in places
        ]


def _report(error: Exception) -> None:
    """Name a fault without its text, which may quote the record."""
    logger.error("a record cannot be read: %s at %s", type(error).__name__, innermost_place(error))


def _by_record(opened: Opened[Place]) -> dict[int, list[Place]]:
    """Give the entries that opened by record, those of most entries first."""
    places: dict[int, list[Place]] = {}
    for opening in opened.openings:
        for place in opening.references:
            places.setdefault(place.record_number, []).append(place)
    return dict(sorted(places.items(), key=lambda one: len(one[1]), reverse=True))
