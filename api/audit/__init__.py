"""The audit trail: who did what, each entry chained to the one before."""
