"""Uploaded certificates and photos."""
