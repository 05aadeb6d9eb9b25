"""Whether what was summed up is the sum of the traces: minute by minute, for as long as the gateway runs."""
