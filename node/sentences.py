"""Sentences as messages of ``symbolon.v1``: in English, and in their parts for who words them in another language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from agreements.sentences import Code, Sentence, Several, Value
from symbolon.v1 import sentence_pb2 as wire


def sentence_shown(one: Sentence) -> wire.Sentence:
    """Give a sentence."""
    values = {name: _value(value) for name, value in one.values.items()}
    return wire.Sentence(english=str(one), text=one.text, plural=one.plural, values=values)


def sentences_shown(sentences: Iterable[Sentence]) -> list[wire.Sentence]:
    """Give sentences."""
    return [sentence_shown(one) for one in sentences]


def _value(value: Value) -> wire.SentenceValue:
    shown = wire.SentenceValue()
    match value:
        case Sentence():
            shown.sentence.CopyFrom(sentence_shown(value))
        case Several():
            shown.list.CopyFrom(wire.SentenceList(values=map(_value, value.values), join=value.join))
        case Code():
            shown.code = value.name
        case datetime():
            shown.moment = int(value.timestamp())
        case date():
            shown.day = value.isoformat()
        case int():
            shown.whole = value
        case float():
            shown.number = value
        case _:
            shown.name = value
    return shown
