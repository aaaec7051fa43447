"""Odd forms and odd addresses for hypothesis: what a browser would send, with parts of it broken on purpose."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import quote, quote_from_bytes

from hypothesis import strategies as st

from tests.integration.console_crawler import SentForm
from tests.integration.odd_messages import ODD_WORDS

HOSTILE = '"><b id=evil>Zhavilto Quorlvex</b>'
"""Markup around the name of a person: it may be read by nobody's browser, and stand in no log."""

_BOUNDARY = "----odd"
_WORDS = (*ODD_WORDS, HOSTILE, "=HYPERLINK(0)", "x" * 70_000, "\r\nSet-Cookie: a=b", "9" * 5000, "٣" * 5000, "²")
words = st.sampled_from(_WORDS) | st.text(max_size=40)
_raw = words.map(lambda word: word.encode("utf-8", "surrogatepass")) | st.binary(max_size=40)

Field: TypeAlias = tuple[str, bytes, str]
"""Name, content and name of a file; without one it is no file."""


@dataclass(frozen=True)
class Body:
    """The body of a form and how it says it is written."""

    content: bytes = field(repr=False)
    kind: bytes


def bodies(form: SentForm, token: str) -> st.SearchStrategy[Body]:
    """Give bodies for a form, most of them with its token, some parts as they stand, others odd."""
    kept: list[st.SearchStrategy[list[Field]]] = [_fields(name, value) for name, value in form.fields.items()]
    kept += [_files(name) for name in form.files]
    own = st.tuples(*kept).map(lambda parts: [one for part in parts for one in part])
    first = st.sampled_from([[("csrf", token.encode(), "")]] * 9 + [[]])
    more = st.sampled_from([[]] * 5 + [[("csrf", b"x", "")], [("\0", b"", "")], [("x" * 9000, b"y", "")]])
    flood = st.sampled_from([[]] * 9 + [[("flood", b"1", "")] * 500])
    parts = st.tuples(first, own, more, flood).map(lambda given: [one for part in given for one in part])
    return st.builds(_written, parts, st.sampled_from(_KINDS))


def _fields(name: str, value: str) -> st.SearchStrategy[list[Field]]:
    stands: list[Field] = [(name, value.encode(), "")]
    odd = _raw.map(lambda content: [(name, content, "")])
    twice = _raw.map(lambda content: [*stands, (name, content, "")])
    file = _raw.map(lambda content: [(name, content, "list.csv")])
    return st.one_of(st.just(stands), st.just(stands), st.just(stands), odd, odd, twice, file, st.just([]))


_LISTS = (
    b"",
    b"names;dob\nA;1970",
    b'"' * 3000,
    b'{"names": ["A"]}\n' * 50,
    b"PK\x03\x04" + b"\0" * 300,
    b"a" * 200_000,
    b"\xff\xfe\0a",
    b"reference,names\n=1+1,A B\n" * 20,
    b"symbolon-ledger\n1\nAAAA\n",
)


def _files(name: str) -> st.SearchStrategy[list[Field]]:
    content = st.sampled_from(_LISTS) | st.binary(max_size=300)
    names = st.sampled_from(["list.csv", "a.jsonl", "../../a.csv", "\0", HOSTILE])
    whole = st.tuples(content, names).map(lambda given: [(name, *given)])
    return st.one_of(whole, whole, whole, _raw.map(lambda odd: [(name, odd, "")]), st.just([]))


_KINDS = (
    *["urlencoded"] * 8,
    *["multipart"] * 8,
    "broken-urlencoded",
    "cut",
    "no-boundary",
    "other-boundary",
    "long-boundary",
    "many-headers",
    "no-name",
    "json",
    "nothing",
    *(f"charset={one}" for one in ("utf-7", "utf-16", "unicode_escape", "idna", "punycode", "hex", "a\0b", "x" * 99)),
)


def _written(parts: Sequence[Field], kind: str) -> Body:
    if kind in ("urlencoded", "broken-urlencoded"):
        content = b"&".join(_pair(name, value, broken=kind != "urlencoded") for name, value, _ in parts)
        return Body(content, b"application/x-www-form-urlencoded")
    if kind == "json":
        said = json.dumps({name: value.decode("latin-1") for name, value, _ in parts})
        return Body(said.encode(), b"application/json")
    if kind == "nothing":
        return Body(b"", b"")
    content = b"".join(_part(*one, kind) for one in parts)
    end = b"" if kind == "cut" else f"--{_BOUNDARY}--\r\n".encode()
    said = f"multipart/form-data; boundary={_BOUNDARY}"
    if kind.startswith("charset="):
        said = f"multipart/form-data; {kind}; boundary={_BOUNDARY}"
    others = {"no-boundary": "multipart/form-data", "other-boundary": "multipart/form-data; boundary=x"}
    others["long-boundary"] = f"multipart/form-data; boundary={'x' * 300}"
    return Body(content + end, others.get(kind, said).encode("latin-1"))


def _pair(name: str, value: bytes, *, broken: bool) -> bytes:
    if broken:
        return name.encode("utf-8", "surrogatepass") + b"=%zz%ff;" + value
    return f"{quote(name)}={quote_from_bytes(value)}".encode()


def _part(name: str, value: bytes, file_name: str, kind: str) -> bytes:
    said = "form-data" if kind == "no-name" else f'form-data; name="{name}"'
    if file_name:
        said += f'; filename="{file_name}"'
    more = b"X-More: 1\r\n" * 20 if kind == "many-headers" else b""
    if kind == "charset=unicode_escape" and name != "csrf":
        value = b"\\ud800" + value
    return f"--{_BOUNDARY}\r\nContent-Disposition: {said}\r\n".encode() + more + b"\r\n" + value + b"\r\n"


parts_of_paths = st.one_of(
    words.map(lambda word: quote(word.encode("utf-8", "surrogatepass")[:2000], safe="")),
    st.binary(min_size=1, max_size=20).map(lambda content: quote_from_bytes(content, safe="")),
    st.sampled_from(["..", "%2e%2e", "%2f", "%00", "0", "1", "-1", "99999999999999999999", "9" * 4400, "%0d%0aa:%20b"]),
)
"""What may stand for a part of a path."""

queries = st.dictionaries(
    st.sampled_from(["next", "page", "after", "state", "kind", "all", "back", "query", "code", "iss", "error"]),
    words.map(lambda word: word[:6000]),
    max_size=3,
).map(
    lambda given: "&".join(f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in given.items())
)
"""The part of an address behind the question mark."""

headers = st.fixed_dictionaries(
    {},
    optional={
        b"accept-language": st.sampled_from(
            [b"", b",,,;", b"en;q=x", b"\xff\xfe", b"a-" * 3000, b"ar,fr", b"*", b"en_US.UTF-8", b"x" * 9000, b"\xb2"]
        )
        | st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=40).map(
            lambda text: text.encode("latin-1")
        ),
        b"user-agent": st.sampled_from([b"", b"\xff", b"Mozilla/5.0 <b id=evil>"]),
        b"range": st.sampled_from([b"bytes=0-1", b"bytes=-1,9-3", b"x"]),
        b"x-forwarded-host": st.just(b"elsewhere.example"),
        b"sec-fetch-site": st.sampled_from([b"cross-site", b"none"]),
    },
)
"""Headers of a request besides the cookies."""

odd_cookies = st.sampled_from(
    [
        b"",
        b";;;=;",
        b"__Host-symbolon=\xff\xfe",
        b'__Host-symbolon-language=\xff; __Host-symbolon-theme="><b id=evil>',
        b"__Host-symbolon-language=" + b"x" * 4000,
        b"__Host-symbolon-device=\xb2; __Host-symbolon-oidc=\x7f",
        b'a="\\400\\x"',
    ]
)
"""Cookies besides that of the session."""
