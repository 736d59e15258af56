"""The square code on a ticket: what a gate reads without a network.

A line of comma-separated values (quoted as in CSV where a value holds a comma): ``CUTFILL1``, ticket, truck, from, to,
material, grade, t, load_at, tip_at. Error correction M: 15 % of the code may be torn or muddy.
"""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np

MARK = "CUTFILL1"
FIELDS = ("ticket", "truck", "from", "to", "material", "grade", "t", "load_at", "tip_at")
QUIET = 4  # modules of white around a code, as the standard (ISO/IEC 18004) asks for


def content(row: dict[str, Any]) -> str:
    """Text of a ticket's code, from its row of trips.csv."""
    line = io.StringIO()
    values = (f"{float(row[name]):g}" if name == "t" else row[name] for name in FIELDS)
    csv.writer(line, lineterminator="").writerow((MARK, *values))
    return line.getvalue()


def code_svg(text: str) -> str:
    """An SVG element without size; runs of dark modules are strokes of one path."""
    import zxingcpp

    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    dark = np.asarray(code.to_image(scale=1, add_quiet_zones=False)) < 128
    edges = np.diff(np.pad(dark, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    y, x = np.nonzero(edges == 1)
    length = np.nonzero(edges == -1)[1] - x
    ends = np.stack([np.append(QUIET, (x + QUIET + length)[:-1]), np.append(QUIET, (y + QUIET)[:-1])])
    moves = np.stack([x + QUIET, y + QUIET]) - ends
    path = "".join(f"m{a} {b}h{n}" for a, b, n in zip(*moves.tolist(), length.tolist(), strict=True))
    side = len(dark) + 2 * QUIET
    drawn = f'<path stroke="#000" d="M{QUIET} {QUIET}.5{path}"/>'
    return f'<svg viewBox="0 0 {side} {side}" class="code" role="img" shape-rendering="crispEdges">{drawn}</svg>'
