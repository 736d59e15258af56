"""What one comparison says, and the table of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

HEAD = ("what", "ours", "peer", "ratio", "target", "met")


class Row(TypedDict):
    """One comparison.

    ``ours_s`` and the values of ``peers`` are medians in seconds, unless ``unit`` says otherwise. ``ratio`` is peer
    over ours. ``target`` is a least ratio (a number) or a limit in words; None for what is only told. ``met`` is None
    where there is no target, or where small sizes make a judgement meaningless.
    """

    name: str
    ours_s: float
    peers: dict[str, float]
    ratio: float | None
    target: float | str | None
    met: bool | None
    unit: NotRequired[str]
    note: NotRequired[str]


def against(name: str, ours: float, peer: str, theirs: float, target: float | None, *, smoke: bool) -> Row:
    """A row that compares with one peer by ratio; small sizes are not judged."""
    ratio = theirs / ours
    met = None if smoke or target is None else ratio >= target
    return {"name": name, "ours_s": ours, "peers": {peer: theirs}, "ratio": ratio, "target": target, "met": met}


def within(name: str, ours: float, limit: float, unit: str, *, smoke: bool) -> Row:
    """A row held against a limit."""
    return {
        "name": name, "ours_s": ours, "peers": {}, "ratio": None, "target": f"< {limit:g} {unit}",
        "met": None if smoke else ours < limit, "unit": unit,
    }  # fmt: skip


def at_least(name: str, ours: float, limit: float, unit: str, *, smoke: bool) -> Row:
    """A row of which more is better."""
    return {
        "name": name, "ours_s": ours, "peers": {}, "ratio": None, "target": f"≥ {limit:g} {unit}",
        "met": None if smoke else ours >= limit, "unit": unit,
    }  # fmt: skip


def told(name: str, ours: float, note: str = "", unit: str = "s", peers: Mapping[str, float] | None = None) -> Row:
    """A row without a target."""
    theirs = dict(peers or {})
    ratio = next(iter(theirs.values())) / ours if len(theirs) == 1 else None
    return {
        "name": name, "ours_s": ours, "peers": theirs, "ratio": ratio, "target": None, "met": None, "unit": unit,
        "note": note,
    }  # fmt: skip


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as an aligned table that is Markdown as well."""
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD))]
    lines = ["| " + " | ".join(text.ljust(w) for text, w in zip(line, widths, strict=True)) + " |" for line in cells]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def _cells(row: Mapping[str, Any]) -> Sequence[str]:
    unit = row.get("unit", "s")
    peers = "; ".join(f"{peer} {_amount(value, unit)}" for peer, value in row["peers"].items()) or "–"
    ratio, target, met = row["ratio"], row["target"], row["met"]
    name = row["name"] + (f" ({row['note']})" if row.get("note") else "")
    return (
        name,
        _amount(row["ours_s"], unit),
        peers,
        f"{ratio:,.1f}×" if isinstance(ratio, int | float) else "–",
        f"≥ {target:g}×" if isinstance(target, int | float) else str(target or "–"),
        "–" if met is None else ("yes" if met else "NO"),
    )


def _amount(value: float, unit: str) -> str:
    if unit == "%":
        return f"{value:.2f} %"
    digits = 4 if unit == "s" and value < 0.1 else 3 if unit == "s" and value < 10 else 0 if unit != "s" else 1
    return f"{value:,.{digits}f} {unit}"
