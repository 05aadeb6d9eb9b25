"""Counters that all workers of all nodes share: one script a request, and what becomes of it when Redis is away."""
