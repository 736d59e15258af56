"""The outbox and its live stream."""
