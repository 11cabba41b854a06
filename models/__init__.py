"""The science of Task Atlas: arrays and tensors in, typed results out. Knows no HTTP, SQL, Celery, settings or clock."""
