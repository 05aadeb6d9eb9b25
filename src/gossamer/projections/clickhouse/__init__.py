"""Traces and their sums in ClickHouse, by its HTTP interface: an address, a client, tables, rows, a search."""
