"""The process that owns the listening sockets and keeps the others alive."""
