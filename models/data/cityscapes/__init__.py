"""Cityscapes (Cordts et al. 2016): street scenes with classes, instances and disparity per pixel."""
