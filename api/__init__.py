"""The trading platform: market, deals, jobs and pages. It imports ``optimizer``, never the reverse."""
