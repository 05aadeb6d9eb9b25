"""How much was used, summed up by who and when."""
