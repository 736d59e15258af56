"""Where a listing would go and at what reference price."""
