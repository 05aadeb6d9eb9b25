"""The sink into ClickHouse."""
