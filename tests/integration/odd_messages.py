"""Odd requests for hypothesis: any message of a protobuf type, with words that break what trusts its input."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

_DEEPEST = 3

ODD_WORDS = (
    "",
    " ",
    "a",
    "../../etc/passwd",
    "/",
    "%2e%2e%2f",
    "' OR '1'='1",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "${7*7}",
    "%s%n",
    "\u202eevil",
    "\u0000",
    "\ud7ff\U0010ffff",
    "é" * 3000,
    "9" * 400,
    "-1",
    "1e400",
    "NaN",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "[]",
    "{}",
    "null",
    "[" * 3000,
    "symbolon://agency/FR-DNMS",
    "symbolon://agency/BB-HOLD",
    "migrant_smuggling",
    "suspect",
    "ordinary",
    "H2",
    "yes",
)
"""Words that somebody's code took for something else before."""

words = st.sampled_from(ODD_WORDS) | st.text(max_size=40)

_json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
_subject_fields = st.sampled_from(
    ["names", "aliases", "names_original", "dob", "pob", "nationality", "gender", "documents", "phones", "record_id"]
)
subjects = st.dictionaries(_subject_fields | words, _json_values, max_size=5)
"""What might be taken for a person in the import format."""

_bytes = st.binary(max_size=60) | subjects.map(lambda row: json.dumps(row, allow_nan=True).encode("utf-8", "replace"))

_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.CPPTYPE_STRING: words,
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_INT32: st.sampled_from([0, 1, -1, 2**31 - 1, -(2**31)]),
    FieldDescriptor.CPPTYPE_INT64: st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63)]),
    FieldDescriptor.CPPTYPE_UINT32: st.sampled_from([0, 1, 2**32 - 1]),
    FieldDescriptor.CPPTYPE_UINT64: st.sampled_from([0, 1, 2**64 - 1]),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(),
    FieldDescriptor.CPPTYPE_FLOAT: st.floats(width=32),
    FieldDescriptor.CPPTYPE_ENUM: st.integers(0, 12),
}


def odd_messages(kind: Descriptor, depth: int = 0) -> st.SearchStrategy[Message]:
    """Give messages of a type with any of their fields set, or none."""
    fields = [one for one in kind.fields if depth < _DEEPEST or one.cpp_type != FieldDescriptor.CPPTYPE_MESSAGE]
    chosen = {one.name: st.none() | _values(one, depth) for one in fields}
    return st.fixed_dictionaries(chosen).map(lambda values: _made(kind, values))


def _values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    inner = field.message_type
    if inner is not None:
        one: st.SearchStrategy[Any] = st.deferred(lambda: odd_messages(inner, depth + 1))
    elif field.type == FieldDescriptor.TYPE_BYTES:
        one = _bytes
    else:
        one = _SCALARS[field.cpp_type]
    return st.lists(one, max_size=3) if field.is_repeated else one


def _made(kind: Descriptor, values: dict[str, Any]) -> Message:
    given = {name: value for name, value in values.items() if value is not None}
    return GetMessageClass(kind)(**given)
