"""report.html: the plan as one self-contained page in Chinese and English.

Words, figures and short tables are written by the template in both languages (the style sheet shows one); the map,
the charts and the long tables are drawn by the scripts from the data inside the page. Nothing is loaded from anywhere.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from optimizer import __version__
from optimizer.plan import Plan
from optimizer.report.payload import as_script, payload
from optimizer.scenario import Scenario

if TYPE_CHECKING:
    from jinja2 import Environment, Template

__all__ = ["environment", "page_text", "render", "self_contained", "shared_scripts"]

LIBRARIES = ("assets/leaflet.js", "assets/echarts.min.js")
SCRIPTS = ("basics.js", "core.js", "tables.js", "charts.js", "sankey.js", "map.js", "page.js")
STYLES = ("assets/leaflet.css", "page.css")


def render(scenario: Scenario, plan: Plan) -> str:
    """The whole page.

    Args:
        scenario: what was planned; its names may contain anything.
        plan: summary, tables and paths; a missing part leaves its section out or says so.
    """
    from optimizer.report import story

    return self_contained(
        page_text("page.html"),
        payload(scenario, plan),
        [_script(name) for name in LIBRARIES + SCRIPTS],
        scenario=scenario,
        summary=plan.summary,
        kpis=plan.summary.get("kpis") or {},
        plan=plan,
        story=story,
    )


@cache
def environment() -> Environment:
    """Templates that may extend ``frame.html``, with the report's words and number formats."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    from optimizer.report import texts

    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(page_text),
    )
    made.globals.update(say=texts.say, named=texts.named, number=texts.number, percent=texts.percent, blank=texts.BLANK)
    return made


def self_contained(template: str, data: dict[str, Any], scripts: list[str], **values: Any) -> str:
    """A page of a template that extends ``frame.html``, with style sheets, its data and its scripts inside."""
    from markupsafe import Markup

    return _compiled(template).render(
        version=__version__,
        data=Markup(as_script(data)),
        styles=[Markup(page_text(name)) for name in STYLES],
        scripts=[Markup(script) for script in [_script("frame.js"), *scripts]],
        **values,
    )


@cache
def _compiled(template: str) -> Template:
    """A process that plans again and again, such as a clearing's worker, compiles a page once."""
    return environment().from_string(template)


def shared_scripts(*names: str) -> list[str]:
    """The libraries and the named scripts of the report, for another page."""
    return [_script(name) for name in LIBRARIES + names]


def page_text(name: str) -> str:
    """A file of the report."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _script(name: str) -> str:
    """A script fit to stand inside the page: it must not end its element, nor point to a source map elsewhere."""
    lines = page_text(name).replace("</script", "<\\/script").splitlines()
    return "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL="))
