"""What the wire formats of providers say, as bytes in and values out. Nothing here does I/O."""
