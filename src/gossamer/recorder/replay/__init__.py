"""A sink takes the journal again: what was asked for, what the journal has, and who does it."""
