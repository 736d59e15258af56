"""map.html: the worth of a yard anywhere as colours on the roads, offline, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import numpy as np

from optimizer.report import self_contained, shared_scripts
from optimizer.report.network import STEP, encoded
from optimizer.report.texts import Both, money, number, texts
from optimizer.scenario import Scenario
from optimizer.siting.heat import Heat, Step
from optimizer.tables import Table
from optimizer.words import material, place

SHARED = ("basics.js", "charts.js", "map.js")
TEXTS = ("js", "kind", "via")
COLOURS = ("#cfd6d3", "#f6e3a1", "#f2bf5b", "#e58f3c", "#cd5a2b", "#a32e23", "#6d1320")
TOLD = 3  # steps of a place that are told in words; heat-steps.csv has all
LEAST = 0.005  # CNY below which a step is not told


def render(found: Heat, tables: Mapping[str, Table], summary: Mapping[str, Any]) -> str:
    """The page."""
    own = files(__package__)
    breaks = classes(summary["most"])
    streets = tables["heat"].column("street")
    best = [
        {
            "at": f"{found.anywhere.lat[at]:.4f}° N, {found.anywhere.lon[at]:.4f}° E",
            "street": streets[at],
            "worth": float(found.worth[at]),
            "does": in_words(found.scenario, steps),
        }
        for at, steps in zip(found.best, found.steps, strict=True)
    ]
    return self_contained(
        own.joinpath("map.html").read_text(encoding="utf-8"),
        _data(found, breaks, summary),
        [*shared_scripts(*SHARED), own.joinpath("map.js").read_text(encoding="utf-8")],
        summary=summary,
        best=best,
        samples=list(tables["heat-samples"].records()),
        money=money,
        on_roads=bool(found.anywhere.lines),
    )


def in_words(scenario: Scenario, steps: tuple[Step, ...]) -> Both:
    """What a place's tonne of room would do, the steps that gain most first."""
    told = sorted((step for step in steps if step.gain > LEAST), key=lambda step: -step.gain)
    en, zh = [], []
    for step in told[:TOLD]:
        what = material(scenario, step.commodity)
        origin, destination = place(scenario, step.origin), place(scenario, step.destination)
        a, b = (f"{scenario.date(day):%m-%d}" for day in (step.fetched, step.sent))
        gain = number(step.gain)
        if step.fetched == step.sent:
            en.append(f"pass {what.en} from {origin} through to {destination} on {a} ({gain})")
            zh.append(f"{a} 将{what.zh}由 {origin} 转至 {destination}（{gain} 元/吨）")
        else:
            en.append(f"keep {what.en} from {origin}, {a}, until {destination} takes it, {b} ({gain})")
            zh.append(f"{a} 自 {origin} 收存{what.zh}，{b} 送往 {destination}（{gain} 元/吨）")
    return Both("; ".join(en), "；".join(zh))


def classes(most: float) -> list[float]:
    """Lower limits of the colour classes: 0, and round steps up to the most."""
    if most <= 0:
        return [0.0]
    step = most / (len(COLOURS) - 1)
    size = 10.0 ** np.floor(np.log10(step))
    step = float(next(f for f in (1, 2, 2.5, 5, 10) if f * size >= step * (1 - 1e-9)) * size)
    return [0.0, *(step * n for n in range(1, len(COLOURS)) if step * n <= most)]


def _data(found: Heat, breaks: list[float], summary: Mapping[str, Any]) -> dict[str, Any]:
    a, s = found.anywhere, found.scenario
    at = np.rint(np.column_stack([a.lon, a.lat]) / STEP).astype(int)
    lonlat = s.lonlat
    kinds = ("supply",) * len(s.supplies.ids) + ("demand",) * len(s.demands.ids) + s.facilities.kind
    names = s.supplies.names + s.demands.names + s.facilities.names
    return {
        "step": STEP,
        "texts": {key: list(both) for key, both in texts().items() if key.split(".")[0] in TEXTS} | _own_texts(),
        "on_roads": bool(a.lines),
        "attribution": str(summary["roads"].get("attribution") or ""),
        "days": [],
        "sites": [
            {"id": name, "name": shown, "kind": kind, "at": [round(x, 5), round(y, 5)]}
            for name, shown, kind, (x, y) in zip(s.place_ids, names, kinds, lonlat.tolist(), strict=True)
        ],
        "places": at.tolist(),
        "worth": [round(w, 3) for w in found.worth.tolist()],
        "lines": [encoded(np.rint(line / STEP).astype(np.int64)) for line in a.lines],
        "breaks": breaks,
        "colours": list(COLOURS[: len(breaks)]),
        "best": list(found.best),
        "tried": [[one.at, round(one.gain, 3)] for one in found.samples],
    }


def _own_texts() -> dict[str, list[str]]:
    return {
        "heat.worth": ["first tonne of room", "首吨库容价值"],
        "heat.unit": ["CNY per t", "元/吨"],
        "heat.nothing": ["worth nothing", "无价值"],
        "heat.tried": ["re-solved", "重新求解"],
        "heat.to": ["{a} – {b}", "{a} – {b}"],
        "heat.over": ["from {a}", "{a} 以上"],
        "heat.under": ["below {b}", "低于 {b}"],
        "heat.best": ["Place {n}", "第 {n} 处"],
    }
