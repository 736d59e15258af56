"""Line layers: GeoPackage and Shapefile."""

from __future__ import annotations
