"""Sinks that keep traces."""
