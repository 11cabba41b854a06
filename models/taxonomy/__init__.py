"""How tasks relate: affinities, the exact program that picks a taxonomy, and what can be said about it. No torch."""
