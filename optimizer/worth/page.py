"""worth.html: one page to take into a meeting, in Chinese and English."""

from __future__ import annotations

from importlib.resources import files

from optimizer.report import self_contained
from optimizer.report.texts import named
from optimizer.words import Words, place
from optimizer.worth.limits import GATES, material_name
from optimizer.worth.study import Worth, first_of_all, road_sentence, unit_of

SAID = 4  # sentences at the head


def render(worth: Worth) -> str:
    """The page."""
    own, scenario = files(__package__), worth.planning.scenario
    return self_contained(
        own.joinpath("page.html").read_text(encoding="utf-8"),
        {},
        [],
        worth=worth,
        summary=worth.planning.plan.summary,
        said=worth.sentences[:SAID],
        name=lambda limit: place(scenario, limit.node),
        what=lambda limit: _what(worth, limit.side, limit.material),
        unit=unit_of,
        price_name=lambda price: _place_name(worth, price.id),
        road_sentence=road_sentence,
        first_of_all=first_of_all,
        gates_free=not any(answer.limit.side in GATES for answer in worth.answers),
    )


def _what(worth: Worth, side: str, material: str) -> Words:
    name = material_name(worth.planning.scenario, material)
    return Words(*named("side", side)) + (Words(", ", "，") + name if name else name)


def _place_name(worth: Worth, name: str) -> str:
    ids = worth.planning.scenario.place_ids
    return place(worth.planning.scenario, ids.index(name)) if name in ids else name
