"""Nouns and ports that every floor above shares. Nothing here does I/O."""
