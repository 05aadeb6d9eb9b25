"""HTTP/1.1 over asyncio transports, both ends. Knows nothing of gateways, models or keys."""
