"""The wire bytes of every dialect, one file each. Pure: values in, templates out; no clock, no I/O."""
