"""Streets (sub-districts) of the zone."""
