"""Supply and demand on offer."""
