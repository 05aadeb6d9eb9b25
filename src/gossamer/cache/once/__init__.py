"""Answers kept for whoever asks again under the same Idempotency-Key: on the node's disk, or in Redis."""
