"""The configuration: read once, checked strictly, frozen, handed in."""
