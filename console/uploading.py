"""A form with large files in it, taken as it comes: the files' bytes go on piece by piece, and none of them is kept.

Starlette would first write each whole file into the machine's folder of temporary files. Here the token comes before
the files, as the page has it, so that it is checked before a byte of a file is taken. A form that was cut off before
its end is none: half a list is another list.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import MultiDict
from starlette.exceptions import HTTPException

from console.visit import LARGEST_FIELD, MOST_FILES, Form, Visit
from node.uploads import LARGEST_PART

Take = Callable[[str, bytes], Awaitable[None]]
"""Takes the next bytes of the file of a field."""

Add = Callable[[str, int, bytes], Awaitable[tuple[str, int]]]
"""Gives the node a part of a file: the name it has there (empty for a new one), where the part begins, the part.

Gives its name and its bytes by now.
"""

Drop = Callable[[str], Awaitable[object]]
"""Has the node erase a file of that name."""

_MOST_FIELDS = 20
_BAD_REQUEST = 400
_TOO_LARGE = 413


@dataclass(slots=True)
class _Part:
    disposition: bytes = b""
    content: bytearray = field(default_factory=bytearray)
    name: str = ""
    file_name: str | None = None
    taken: int = 0


class UploadForm(Form):
    """The fields of such a form, and the names of its files by field; a file that was not chosen has none."""

    def __init__(self) -> None:
        """Begin without any."""
        self._taken: MultiDict = MultiDict()
        super().__init__(self._taken)
        self.files: dict[str, str] = {}

    def add(self, name: str, value: str) -> None:
        """Take a field; raise an HTTP error where there are too many."""
        if len(self._taken.multi_items()) >= _MOST_FIELDS:
            raise HTTPException(_BAD_REQUEST)
        self._taken.append(name, value)


async def take_form(visit: Visit, take: Take, largest: int) -> UploadForm:
    """Read a form with files of at most ``largest`` bytes each, and give what is in them to ``take``.

    Raises `ForgedFormError` where the token does not come first or is another one, an HTTP error for what is none, and
    as `Visit.look_again` does once all of it has come.
    """
    kind, options = parse_options_header(visit.request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise HTTPException(_BAD_REQUEST)
    form = UploadForm()
    reading = _Reading(options[b"boundary"])
    begun: dict[str, _Part] = {}
    async for chunk in visit.request.stream():
        for part, content in reading.read(chunk):
            if part.file_name is None:
                form.add(part.name, part.content.decode(errors="replace"))
                continue
            visit.check_token(form.text("csrf"))
            if begun.setdefault(part.name, part) is not part or len(begun) > MOST_FILES:
                raise HTTPException(_BAD_REQUEST)  # two files in one field would become one
            form.files[part.name] = part.file_name
            part.taken += len(content)
            if part.taken > largest:
                raise HTTPException(_TOO_LARGE)
            if content:
                visit.keep_awake()
                await take(part.name, content)
    reading.check_end()
    visit.check_token(form.text("csrf"))
    visit.look_again()
    return form


class HandedOver:
    """Files of a form on their way to the node, which takes them in parts; where the block fails, it erases them.

    Both are done as whoever began to send: who is out at the end, or has another role, leaves nothing behind.
    """

    def __init__(self, fields: Collection[str], add: Add, drop: Drop) -> None:
        """Say which fields may have a file."""
        self._fields = fields
        self._add = add
        self._drop = drop
        self._sent: dict[str, tuple[str, int]] = {}

    async def __aenter__(self) -> Self:
        """Begin without any."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave nothing of a form that is none, is refused, or was given up."""
        if kind is not None:
            for name, _ in self._sent.values():
                await self._drop(name)

    @property
    def names(self) -> Mapping[str, str]:
        """Give the names that the files have at the node, by field; one without a byte has none."""
        return {field: name for field, (name, _) in self._sent.items()}

    async def take(self, field: str, content: bytes) -> None:
        """Hand on the next bytes of the file of a field, in parts of the size that a call takes."""
        if field not in self._fields:
            raise HTTPException(_BAD_REQUEST)
        for start in range(0, len(content), LARGEST_PART):
            name, size = self._sent.get(field, ("", 0))
            self._sent[field] = await self._add(name, size, content[start : start + LARGEST_PART])


class _Reading:
    """Feeds the parser, and gives what is whole: a field at its end, a file's bytes as they come."""

    def __init__(self, boundary: bytes) -> None:
        self._part = _Part()
        self._header = bytearray()
        self._value = bytearray()
        self._ready: list[tuple[_Part, bytes]] = []
        callbacks: Mapping[str, Callable[..., None]] = {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._end_form,
        }
        self._is_whole = False
        try:
            self._parser = MultipartParser(boundary, dict(callbacks))  # type: ignore[arg-type]  # a dict of the right keys
        except FormParserError:
            raise HTTPException(_BAD_REQUEST) from None

    def read(self, chunk: bytes) -> Iterator[tuple[_Part, bytes]]:
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise HTTPException(_BAD_REQUEST) from None
        ready, self._ready = self._ready, []
        return iter(ready)

    def check_end(self) -> None:
        """Raise an HTTP error where the form has not come to its end."""
        if not self._is_whole:
            raise HTTPException(_BAD_REQUEST)

    def _end_form(self) -> None:
        self._is_whole = True

    def _begin(self) -> None:
        self._part = _Part()

    def _end_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._part.disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._part.disposition)
        self._part.name = options.get(b"name", b"").decode(errors="replace")
        if b"filename" in options:
            self._part.file_name = options[b"filename"].decode(errors="replace")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part.file_name is not None:
            self._ready.append((self._part, data[start:end]))
            return
        if len(self._part.content) + end - start > LARGEST_FIELD:
            raise HTTPException(_TOO_LARGE)
        self._part.content.extend(data[start:end])

    def _end(self) -> None:
        if self._part.file_name is None:
            self._ready.append((self._part, b""))
        elif not self._ready or self._ready[-1][0] is not self._part:
            self._ready.append((self._part, b""))  # a file without a byte is told, too
