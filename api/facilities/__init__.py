"""Yards, plants, disposal, off-site places and quarries."""
