"""MultiMNIST (Sener & Koltun 2018, Sec. 5.1): two overlapping digits in one image, made from any set of digits."""
