"""Their trucks."""
