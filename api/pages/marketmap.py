"""The map as an element of a page, and what its marks look like."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from typing import Any

from nicegui import ui

from api.pages.session import Visitor
from api.pages.styles import ASSETS, ROADS_PATH

# the report's shapes and colours; a listing's shape is its side, its colour the class of its material
SIDES = {"supply": "circle", "demand": "square"}
KINDS = {
    "yard": ("triangle", "#dba13a"),
    "disposal": ("down", "#9a7354"),
    "recycling": ("diamond", "#3f7fb5"),
    "treatment": ("diamond", "#7d6fb3"),
    "offsite": ("cross", "#c2483c"),
    "quarry": ("hexagon", "#6b767d"),
}
CLASSES = {
    "spoil": "#7a4f2a",
    "slurry": "#4f7c94",
    "construction": "#a8742a",
    "demolition": "#a8452f",
    "fitout": "#7b5ea7",
    "product": "#1f7a68",
}
OTHER_CLASS = "#5d6b74"
_SMALLEST, _LARGEST, _FULL_T = 6.0, 15.0, 10_000.0
FACILITY_RADIUS = 10.0


@dataclass(frozen=True)
class Mark:
    """A thing on the map.

    Attributes:
        r: radius in pixels on a desktop.
        faint: drawn weaker: closed, or nothing left.
        hollow: an outline to be filled: a need.
    """

    id: str
    lon: float
    lat: float
    shape: str
    colour: str
    r: float
    label: str
    faint: bool = False
    hollow: bool = False


def listing_radius(t: float) -> float:
    """Pixels for a quantity: the area grows with it."""
    return _SMALLEST + (_LARGEST - _SMALLEST) * min(1.0, sqrt(max(t, 0.0) / _FULL_T))


class MarketMap(ui.element, component="map.js"):
    """Roads, marks and a pin.

    Args:
        on_mark: called with the id of a mark that is tapped, or "" for the ground beside them.
        on_place: called with lon and lat when a place is picked; the map is then for picking.
        on_view: called with west, south, east and north after the visitor moved the map.
    """

    def __init__(
        self,
        visitor: Visitor,
        *,
        on_mark: Callable[[str], Any] | None = None,
        on_place: Callable[[float, float], Any] | None = None,
        on_view: Callable[[float, float, float, float], Any] | None = None,
    ) -> None:
        super().__init__()
        self._props.update(
            assets=ASSETS,
            roads=ROADS_PATH,
            label=visitor.say("map.label"),
            home=visitor.say("map.home"),
            marks=[],
            chosen="",
            picking=on_place is not None,
            picked=None,
        )
        if on_view is not None:
            self.on(
                "view", lambda event: on_view(*(float(edge) for edge in event.args)), throttle=0.5, leading_events=False
            )
        if on_mark is not None:
            self.on("mark", lambda event: on_mark(str(event.args)))
        if on_place is not None:
            self.on("place", lambda event: on_place(float(event.args["lon"]), float(event.args["lat"])))

    def show(self, marks: Iterable[Mark]) -> None:
        """Replaces the marks."""
        self._props["marks"] = [vars(mark) for mark in marks]
        self.update()

    def choose(self, id_: str) -> None:
        """Makes one mark stand out; "" none."""
        self._props["chosen"] = id_
        self.update()

    def pick(self, lon: float, lat: float) -> None:
        """Puts the pin somewhere."""
        self._props["picked"] = [lon, lat]
        self.update()


def shape_icon(shape: str, colour: str, *, hollow: bool = False, size: int = 18) -> ui.html:
    """A mark for legends and lists."""
    c, r = size / 2, size * (0.36 if hollow else 0.42)
    paint = f'fill="#fff" stroke="{colour}" stroke-width="3"' if hollow else f'fill="{colour}"'
    paths = {
        "circle": f'<circle cx="{c}" cy="{c}" r="{r * 0.92:.2f}"/>',
        "square": '<rect x="{0:.2f}" y="{0:.2f}" width="{1:.2f}" height="{1:.2f}"/>'.format(c - r * 0.84, r * 1.68),
        "triangle": _polygon(c, r, 3, -90),
        "down": _polygon(c, r, 3, 90),
        "diamond": _polygon(c, r, 4, 0),
        "hexagon": _polygon(c, r, 6, 0),
        "cross": f'<path d="M{c - r * 0.36:.2f} {c - r:.2f}h{r * 0.72:.2f}v{r * 0.64:.2f}h{r * 0.64:.2f}v{r * 0.72:.2f}'
        f"h-{r * 0.64:.2f}v{r * 0.64:.2f}h-{r * 0.72:.2f}v-{r * 0.64:.2f}h-{r * 0.64:.2f}v-{r * 0.72:.2f}"
        f'h{r * 0.64:.2f}z"/>',
    }
    svg = f'<svg width="{size}" height="{size}" {paint} aria-hidden="true">{paths[shape]}</svg>'
    return ui.html(svg, sanitize=False).classes("mark-icon")


def _polygon(c: float, r: float, n: int, turn: float) -> str:
    points = (turn * pi / 180 + 2 * pi * i / n for i in range(n))
    return f'<polygon points="{" ".join(f"{c + r * cos(a):.2f},{c + r * sin(a):.2f}" for a in points)}"/>'
