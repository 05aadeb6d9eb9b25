"""Gossamer: the LLM gateway that you cannot feel, and can prove it."""

__version__ = "0.1.0"
