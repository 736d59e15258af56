"""Runs that match everything at once."""
