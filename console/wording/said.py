"""Sentences that come in parts (`agreements.sentences`), in the reader's language: the text translated, values written.

A name stands as it is. Days, moments, numbers and lists are written as the language writes them, codes by their words.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from console.languages import Language
from console.wording.log_words import LOG_WORDS
from console.wording.sentences import sentence
from symbolon.v1 import sentence_pb2 as wire

_ISOLATE, _END = "\u2068", "\u2069"
"""Unicode's first strong isolate, and the end of one (UAX #9)."""


def worded(one: wire.Sentence, language: Language) -> str:
    """Give a sentence in a language; a text without a translation stays English."""
    if not one.values:
        return sentence(one.text, language)
    text = language.count(one.text, one.plural, one.values["count"].whole) if one.plural else language.say(one.text)
    return text % {name: _written(value, language) for name, value in one.values.items()}


def _written(value: wire.SentenceValue, language: Language) -> str:
    match value.WhichOneof("value"):
        case "sentence":
            return worded(value.sentence, language)
        case "list":
            return language.list([_written(each, language) for each in value.list.values], value.list.join)
        case "code":
            return language.say(LOG_WORDS.get(value.code, value.code.replace("_", " ")))
        case "day":
            written = language.day(date.fromisoformat(value.day))
        case "moment":
            written = language.moment(datetime.fromtimestamp(value.moment, UTC))
        case "whole":
            written = language.number(value.whole)
        case "number":
            written = language.number(value.number)
        case _:
            written = value.name
    # A date or a Latin name among Arabic words keeps its own order.
    return f"{_ISOLATE}{written}{_END}" if language.direction == "rtl" else written
