"""The control process: admin API, state store, and what workers ask. No request passes through it."""
