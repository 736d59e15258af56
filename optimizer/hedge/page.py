"""hedge.html: three plans over all samples, the orders, and the regret of sitings, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import numpy as np

from optimizer.hedge.study import PLANS, Hedge
from optimizer.report import self_contained, shared_scripts
from optimizer.report.texts import texts
from optimizer.tables import Table
from optimizer.words import Words

SHARED = ("basics.js", "charts.js")
TEXTS = ("js",)
MOST_ORDERS = 60
NAMES = {
    "certain": Words("orders of the certain plan", "按确定性方案预订"),
    "hedged": Words("hedged orders", "考虑不确定性预订"),
    "perfect": Words("everything known beforehand", "事先全知"),
}


def render(hedge: Hedge, summary: Mapping[str, Any], tables: Mapping[str, Table]) -> str:
    """The page."""
    own, s = files(__package__), hedge.scenario
    every = s.supplies.names + s.demands.names + s.facilities.names
    order = np.argsort(hedge.costs["certain"])
    data = {
        "texts": {key: list(both) for key, both in texts().items() if key.split(".")[0] in TEXTS},
        "days": [],
        "lines": [
            {"name": [NAMES[plan].en, NAMES[plan].zh], "costs": [round(float(c), 2) for c in hedge.costs[plan][order]]}
            for plan in PLANS
        ],
    }
    return self_contained(
        own.joinpath("page.html").read_text(encoding="utf-8"),
        data,
        [*shared_scripts(*SHARED), own.joinpath("page.js").read_text(encoding="utf-8")],
        told=summary,
        names=NAMES,
        orders=list(tables["orders"].records())[:MOST_ORDERS],
        more=max(len(tables["orders"]) - MOST_ORDERS, 0),
        places=dict(zip(s.place_ids, every, strict=True)),
        sitings=list(tables["sitings"].records()) if "sitings" in tables else [],
    )
