"""Real servers for whatever is tested against them."""

from tests.real.postgres import postgres, postgres_url

__all__ = ["postgres", "postgres_url"]
