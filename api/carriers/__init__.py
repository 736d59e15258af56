"""Haulage companies."""
