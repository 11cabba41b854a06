"""The science of Task Atlas: arrays and tensors in, typed results out. No HTTP, SQL, Celery, settings or clock."""
