"""What the scripts of multi-task training share: data, settings, runs and the pages of figures."""
