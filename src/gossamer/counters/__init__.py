"""How much is used, and how much may be: the limiters, in memory and over Redis, and what was spent before."""
