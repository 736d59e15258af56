"""What two parties agreed."""
