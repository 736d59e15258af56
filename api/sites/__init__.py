"""Building sites, their estimates and permits."""
