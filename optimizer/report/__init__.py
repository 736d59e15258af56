"""report.html: the plan as one self-contained page in Chinese and English.

Words, figures and short tables are written by the template in both languages (the style sheet shows one); the map,
the charts and the long tables are drawn by the scripts from the data inside the page. Nothing is loaded from anywhere.
"""

from __future__ import annotations

from importlib.resources import files

from optimizer.plan import Plan
from optimizer.report.payload import as_script, payload
from optimizer.scenario import Scenario

__all__ = ["render"]

LIBRARIES = ("assets/leaflet.js", "assets/echarts.min.js")
SCRIPTS = ("core.js", "tables.js", "charts.js", "sankey.js", "map.js", "page.js")
STYLES = ("assets/leaflet.css", "page.css")


def render(scenario: Scenario, plan: Plan) -> str:
    """The whole page.

    Args:
        scenario: what was planned; its names may contain anything.
        plan: summary, tables and paths; a missing part leaves its section out or says so.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from optimizer.report import story, texts

    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page.globals.update(say=texts.say, named=texts.named, number=texts.number, percent=texts.percent, blank=texts.BLANK)
    template = page.from_string(_text("page.html"))
    return template.render(
        scenario=scenario,
        summary=plan.summary,
        kpis=plan.summary.get("kpis") or {},
        plan=plan,
        story=story,
        data=Markup(as_script(payload(scenario, plan))),
        styles=[Markup(_text(name)) for name in STYLES],
        scripts=[Markup(_script(name)) for name in LIBRARIES + SCRIPTS],
    )


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _script(name: str) -> str:
    """A script fit to stand inside the page: it must not end its element, nor point to a source map elsewhere."""
    lines = _text(name).replace("</script", "<\\/script").splitlines()
    return "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL="))
