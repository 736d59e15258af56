"""Roads closed by a variant: circles added to the banned zones of the map, in a file that the road reader takes."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from optimizer.files import write_whole
from optimizer.roads.cache import cache_folder
from optimizer.whatif.patch import Closure

CORNERS = 24
KM_PER_DEGREE = 111.195  # of latitude, mean sphere


def zones_with(file: Path | None, closures: Sequence[Closure]) -> Path:
    """A GeoJSON file of zones: those that were there, and the closures as banned ones; named by its content."""
    features = json.loads(file.read_text(encoding="utf-8-sig"))["features"] if file else []
    features = [*features, *(_circle(closure) for closure in closures)]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, sort_keys=True)
    path = cache_folder(None) / f"closures-{sha256(text.encode()).hexdigest()[:16]}.geojson"
    if not path.exists():
        write_whole(path, text)
    return path


def _circle(closure: Closure) -> dict[str, object]:
    north = closure.radius_km / KM_PER_DEGREE
    east = north / math.cos(math.radians(closure.lat))
    turns = [2 * math.pi * i / CORNERS for i in range(CORNERS + 1)]
    ring = [[closure.lon + east * math.cos(a), closure.lat + north * math.sin(a)] for a in turns]
    ring[-1] = ring[0]
    return {"type": "Feature", "properties": {"zone": "banned"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
