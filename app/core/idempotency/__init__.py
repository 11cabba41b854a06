"""`Idempotency-Key`: a repeated request is answered with its first response."""
