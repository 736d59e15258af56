"""Scenarios and plans of clearings as zips in the content-addressed store."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from api.clearings.models import Clearing
from api.clearings.packing import files_of, pack, unpack
from api.district import District
from api.platform import Platform


def _unpack_whole(data: bytes, folder: Path) -> None:
    """The same, where others may look meanwhile and a crash may come: the folder is there whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as name:
        unpack(data, Path(name) / "whole")
        with contextlib.suppress(OSError):  # another request was faster: it is the same
            (Path(name) / "whole").rename(folder)


def packed_roads(district: District) -> bytes:
    """The files that ``[roads]`` of the district names, under the names that :func:`road_names` gives them."""
    files: dict[str, bytes] = {}
    for path, name in road_names(district).items():
        if path.is_dir():
            files |= {f"{name}/{p.name}": p.read_bytes() for p in sorted(path.iterdir()) if p.is_file()}
        else:
            files[name] = path.read_bytes()
    return pack(files)


def road_names(district: District) -> dict[Path, str]:
    """The district's road files → their names in a stored scenario."""
    roads = district.roads
    named = {roads.file: "roads", roads.profile: "profile.toml", roads.zones: "zones"}
    return {
        path: name if path.is_dir() or name == "profile.toml" else name + "".join(path.suffixes)
        for path, name in named.items()
        if path is not None
    }


def scenario_zip(platform: Platform, clearing: Clearing) -> bytes:
    """The scenario folder as ``cutfill plan`` takes it, roads included."""
    return pack({name: data for part in scenario_parts(platform, clearing) for name, data in files_of(part).items()})


def scenario_parts(platform: Platform, clearing: Clearing) -> tuple[bytes, bytes]:
    """The same in two zips as they are kept: everything of that clearing, and the roads."""
    return platform.blobs.get(clearing.scenario_sha256), platform.blobs.get(clearing.roads_sha256)


def unpacked(platform: Platform, clearing: Clearing) -> Path:
    """A folder with ``scenario/`` and, once solved, ``plan/`` of a clearing; kept beside the store while it is used."""
    folder = unpacked_folder(platform) / clearing.id
    if clearing.scenario_sha256 and not (folder / "scenario").exists():
        _unpack_whole(scenario_zip(platform, clearing), folder / "scenario")
    if clearing.plan_sha256 and not (folder / "plan").exists():
        _unpack_whole(platform.blobs.get(clearing.plan_sha256), folder / "plan")
    if folder.exists():
        os.utime(folder)
    return folder


def unpacked_folder(platform: Platform) -> Path:
    """Where clearings are unpacked; whatever is removed there comes back when it is asked for."""
    return platform.settings.data_dir / "clearings"
