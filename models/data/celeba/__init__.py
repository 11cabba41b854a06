"""Faces with binary attributes in the files of CelebA (Liu et al. 2015)."""
