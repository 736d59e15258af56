"""The pages: what a person sees, drawn by NiceGUI on the same application, over the API and nothing else.

:func:`install` hangs them below an application; they are loaded and started by their first visitor, so that a process
that only answers the API pays nothing for them. NiceGUI keeps its state in its module: one application of a process
may show pages at a time, while any number may exist.

Room for later roles: a page is a module with :func:`api.pages.frame.page`, and its place in the navigation is a row
of :data:`api.pages.frame.PLACES` with the roles that see it.
"""

from __future__ import annotations

from api.pages.mounting import install

__all__ = ["install"]
