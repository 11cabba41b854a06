"""What data sets there can be: one module per kind, none of which needs torch."""
