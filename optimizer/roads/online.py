"""A place name or a box, fetched from OpenStreetMap through OSMnx."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optimizer.errors import InputError
from optimizer.progress import Progress

_TAGS = (
    "hgv",
    "goods",
    "motor_vehicle",
    "vehicle",
    "maxweight",
    "maxaxleload",
    "maxheight",
    "maxlength",
    "tracktype",
    "smoothness",
)


@contextmanager
def downloaded(place: str, progress: Progress) -> Iterator[Path]:
    """A GraphML file of the roads of ``place``, gone again afterwards.

    Args:
        place: a name that OpenStreetMap knows, or ``west,south,east,north`` in degrees.
        progress: told what is fetched.

    Raises:
        InputError: OSMnx is missing, there is no network, or the place is not known.
    """
    box = parse_box(place)
    try:
        import osmnx
    except ImportError:
        raise InputError.single(
            place,
            "is no file here, and places are fetched by osmnx, which is not installed; "
            'pip install "cutfill[places]", or name a map file',
        ) from None
    progress.note(f"fetching {place} from OpenStreetMap")
    try:
        graph = _fetch(osmnx, place, box)
    except Exception as error:  # requests, urllib3, osmnx and pandas each raise their own
        raise InputError.single(
            place,
            f"is no file here, and fetching it from OpenStreetMap failed ({_told(error)}); "
            "check the name and the network, or name a map file",
        ) from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{''.join(c if c.isalnum() else '-' for c in place)}.graphml"
        osmnx.save_graphml(graph, path)
        yield path


def parse_box(text: str) -> tuple[float, float, float, float] | None:
    """``west,south,east,north`` in degrees; None when the text is a name.

    Raises:
        InputError: four numbers that are no box.
    """
    parts = text.split(",")
    try:
        west, south, east, north = (float(part) for part in parts)
    except ValueError:
        return None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InputError.single(
            text, "is no box; expected west,south,east,north in degrees, west < east and south < north"
        )
    return west, south, east, north


def _fetch(osmnx: Any, place: str, box: tuple[float, float, float, float] | None) -> Any:
    osmnx.settings.useful_tags_way = sorted({*osmnx.settings.useful_tags_way, *_TAGS})
    if box is None:
        return osmnx.graph_from_place(place, network_type="drive_service")
    return osmnx.graph_from_bbox(box, network_type="drive_service")


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        return "its servers cannot be reached"
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."
