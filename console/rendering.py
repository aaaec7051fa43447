"""Templates to pages: what every template knows, and how values are written for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from console.languages import Language, languages
from console.wording.log_words import LOG_WORDS
from console.wording.rules import RULES
from console.wording.sentences import sentence

if TYPE_CHECKING:
    from console.visit import Visit

STATIC = Path(__file__).parent / "static"


class Rendering:
    """The templates of the console; one environment for each language."""

    def __init__(self) -> None:
        """Read the templates."""
        self._environments = {code: _environment(language) for code, language in languages().items()}

    def render(self, template: str, visit: Visit, values: Mapping[str, Any]) -> str:
        """Render a page for a visit."""
        said = ""
        if visit.session is not None:
            said, visit.session.said = visit.session.said, ""
        environment = self._environments[visit.language.code]
        return environment.get_template(template).render(
            visit=visit,
            language=visit.language,
            languages=languages().values(),
            csrf=visit.session.csrf if visit.session else "",
            said=said,
            path=visit.request.url.path,
            theme=visit.request.cookies.get("__Host-symbolon-theme", ""),
            **values,
        )


def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(language.texts, newstyle=True)  # type: ignore[attr-defined]

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
        rule=lambda name: language.say(RULES.get(name, name)),
        sentence=lambda text: sentence(text, language),
        agency=lambda uri: str(uri).rpartition("/")[2],
    )
    environment.globals.update(asset=_asset)
    return environment


def _asset(name: str) -> str:
    """Give the address of a file of ours; it changes with the content, so that browsers may keep it."""
    digest = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"
