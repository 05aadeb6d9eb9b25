"""Answers that are given again: what is kept, for whom, for how long, in memory and in Redis. Answers nobody itself."""
