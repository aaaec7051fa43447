"""A form with a large file in it, taken as it comes: the file's bytes go on piece by piece, and none of them is kept.

Starlette would first write the whole file into the machine's folder of temporary files. Here the fields come before the
file, as the page has them, so that the form's token is checked before a byte of the file is taken.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException

from console.visit import LARGEST_FIELD, Visit

Take = Callable[[bytes], Awaitable[None]]
"""Takes the next bytes of the file."""

_MOST_FIELDS = 20
_BAD_REQUEST = 400
_TOO_LARGE = 413


@dataclass(slots=True)
class _Part:
    disposition: bytes = b""
    content: bytearray = field(default_factory=bytearray)
    name: str = ""
    file_name: str | None = None


class UploadForm:
    """The fields of such a form; ``file_name`` is empty where no file was chosen."""

    def __init__(self) -> None:
        """Begin without any."""
        self.fields: dict[str, str] = {}
        self.file_name = ""
        self.file_bytes = 0


async def take_form(visit: Visit, take: Take, largest: int) -> UploadForm:
    """Read a form whose last field is a file of at most ``largest`` bytes, and give the file to ``take``.

    Raises `ForgedFormError` where the token does not come first or is another one, and an HTTP error for what is none.
    """
    if int(visit.request.headers.get("content-length", "0") or 0) > largest + _MOST_FIELDS * LARGEST_FIELD:
        raise HTTPException(_TOO_LARGE)
    kind, options = parse_options_header(visit.request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise HTTPException(_BAD_REQUEST)
    form = UploadForm()
    reading = _Reading(options[b"boundary"])
    async for chunk in visit.request.stream():
        for part, content in reading.read(chunk):
            if part.file_name is None:
                _add_field(form, part)
            else:
                visit.check_token(form.fields.get("csrf", ""))
                form.file_name = part.file_name
                form.file_bytes += len(content)
                if form.file_bytes > largest:
                    raise HTTPException(_TOO_LARGE)
                if content:
                    await take(content)
    visit.check_token(form.fields.pop("csrf", ""))
    return form


def _add_field(form: UploadForm, part: _Part) -> None:
    if len(form.fields) >= _MOST_FIELDS:
        raise HTTPException(_BAD_REQUEST)
    form.fields[part.name] = part.content.decode(errors="replace").strip()


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
        }
        self._parser = MultipartParser(boundary, dict(callbacks))  # type: ignore[arg-type]

    def read(self, chunk: bytes) -> Iterator[tuple[_Part, bytes]]:
        try:
            self._parser.write(chunk)
        except MultipartParseError:
            raise HTTPException(_BAD_REQUEST) from None
        ready, self._ready = self._ready, []
        return iter(ready)

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
