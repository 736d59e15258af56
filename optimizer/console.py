"""A plan in a few lines of text, for the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def plan_in_words(summary: dict[str, Any], out: Path | None) -> str:
    """The headline figures of ``plan.json``, and where to read on."""
    k = summary["kpis"]
    known = {"optimal": "proven optimal", "feasible": "stopped at a limit; best plan so far"}[summary["status"]]
    lines = [f"{summary['name']}: {known}, {summary['counts']['columns']:,} columns"]
    for goal in summary["goals"]:
        bound = "" if goal["bound"] is None else f"   proven bound {_figure(goal['bound'])}"
        lines.append(f"  {goal['name']:<10}{_figure(goal['value']):>16} {goal['unit']:<8}{bound}")
    rate = k["utilisation_rate"]
    share = k["direct_share"]
    lines.append(
        f"  {k['generated_t']:,.0f} t released; utilisation {_percent(rate)} (target 95 %), direct {_percent(share)}, "
        f"end stock {k['end_stock_t']:,.0f} t, cost {k['cost']:,.0f} CNY, {k['co2_kg']:,.0f} kg CO2e"
    )
    other = summary["counterfactual"]
    lines.append(
        f"  each site to its nearest legal place instead: unserved {other['kpis']['unserved_t']:,.0f} t, off-site "
        f"{other['goals']['offsite']:,.0f} t, {other['kpis']['t_km']:,.0f} t·km (plan: {k['t_km']:,.0f})"
    )
    if k["unserved_t"] > 0:
        lines.append(
            f"  {k['unserved_t']:,.1f} t that must be served are not; reasons.csv says why and what would help"
        )
    if out is not None:
        lines.append(f"  written to {out}: open {out / 'report.html'}")
    return "\n".join(lines)


def _figure(value: float) -> str:
    return f"{value:,.3f}".replace("-0.000", "0.000") if abs(value) < 1 else f"{value:,.3f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}".replace("%", " %")
