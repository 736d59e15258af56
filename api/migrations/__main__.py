"""``python -m api.migrations "what changes"``: writes the next step of the database's layout."""

from __future__ import annotations

import sys

from api.migrations import new_step

if len(sys.argv) != 2 or not sys.argv[1].strip():
    sys.exit('usage: python -m api.migrations "What changes in the layout"')
new_step(sys.argv[1])
