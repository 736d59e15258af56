"""The trading platform: market, deals, jobs and pages. It imports ``optimizer``, never the reverse."""

import optimizer  # noqa: F401 – before NumPy is: it keeps its sums on one core
