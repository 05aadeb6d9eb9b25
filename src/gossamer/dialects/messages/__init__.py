"""Anthropic's messages, read and written: requests, whole answers and streams."""
