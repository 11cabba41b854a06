"""The demonstration atlas that comes with the code, installed once into every database."""
