"""Kept responses and conversations, as workers ask for them on behalf of their clients."""
