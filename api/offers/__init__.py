"""Direct offers and counter-offers."""
