"""Templates to pages: what every template knows, and how values are written for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import takewhile
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from console.languages import Language, languages
from console.wording.log_words import LOG_WORDS
from console.wording.rules import RULES
from console.wording.said import worded
from console.wording.sentences import sentence
from console.wording.words import NAME_PARTS

STATIC = Path(__file__).parent / "static"

_PAUSE = Markup("<!-- what follows is under way -->")  # never shown: a page is taken apart at it


class Rendering:
    """The templates of the console; one environment for each language."""

    def __init__(self) -> None:
        """Take the templates: all consoles of a process share them."""
        self._environments = _environments()

    def prepare(self) -> None:
        """Compile all templates and load the words for dates, so that nobody's first page waits for it.

        That takes most of a second of a processor, once, in whatever thread it is called.
        """
        for code, language in languages().items():
            for name in self._environments[code].list_templates(extensions=["html"]):
                self._environments[code].get_template(name)
            language.moment(datetime.now(UTC))

    def render(self, template: str, language: Language, values: Mapping[str, Any]) -> str:
        """Render a page in a language."""
        return "".join(self._pieces(template, language, values))

    def render_in_two(self, template: str, language: Language, values: Mapping[str, Any]) -> tuple[str, Iterator[str]]:
        """Give a page up to where its template says ``{{ pause }}``, and what is below, made when it is taken."""
        pieces = self._pieces(template, language, {**values, "pause": _PAUSE})
        return "".join(takewhile(lambda piece: piece != _PAUSE, pieces)), pieces

    def _pieces(self, template: str, language: Language, values: Mapping[str, Any]) -> Iterator[str]:
        environment = self._environments[language.code]
        return environment.get_template(template).generate(language=language, languages=languages().values(), **values)


class _Compiled(BytecodeCache):
    """The code of the templates, in memory: it is the same for all languages, so it is compiled once."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None  # noqa: S101  # jinja2 gives what it has just compiled
        self._code[bucket.key, bucket.checksum] = bucket.code


@cache
def _environments() -> Mapping[str, Environment]:
    compiled = _Compiled()
    return {code: _environment(language, compiled) for code, language in languages().items()}


def _environment(language: Language, compiled: _Compiled) -> Environment:
    environment = Environment(
        loader=PackageLoader("console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        cache_size=-1,
        auto_reload=False,
        bytecode_cache=compiled,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(language.texts, newstyle=True)  # type: ignore[attr-defined]  # by the extension

    def moment(at: datetime | int) -> Markup:
        if not at:
            return Markup("–")
        when = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
        exact = when.astimezone(UTC).isoformat(timespec="seconds")
        return Markup('<time datetime="{}">{}</time>').format(exact, language.moment(when))

    def day(of: date | str) -> str:
        return language.day(date.fromisoformat(of) if isinstance(of, str) else of) if of else "–"

    def seconds(span: float) -> str:
        return language.span(timedelta(seconds=span))

    environment.filters.update(
        moment=moment,
        day=day,
        seconds=seconds,
        number=language.number,
        word=lambda code: language.say(LOG_WORDS.get(code, str(code).replace("_", " "))),
        name_part=lambda code: language.say(NAME_PARTS.get(code, str(code).replace("_", " "))),
        rule=lambda name: language.say(RULES.get(name, name)),
        sentence=lambda text: sentence(text, language),
        said=lambda one: worded(one, language),
        agency=lambda uri: str(uri).rpartition("/")[2],
    )
    environment.globals.update(asset=_asset, drawing=_drawing)
    return environment


@cache
def _asset(name: str) -> str:
    """Give the address of a file of ours; it changes with the content, so that browsers may keep it."""
    digest = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"


@cache
def _drawing(name: str) -> Markup:
    """Give a drawing of ours to stand in a page, which waits for no other file then; it is nothing to be heard."""
    text = (STATIC / name).read_text("utf-8").strip()
    return Markup(text.replace("<svg ", '<svg aria-hidden="true" ', 1))  # noqa: S704  # a file of the program
