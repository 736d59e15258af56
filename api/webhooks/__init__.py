"""Events pushed to other systems."""
