"""What the zone calls its materials, with densities and classes."""
