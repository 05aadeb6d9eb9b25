"""The yardstick. A stranger to what it measures: it shares only gossamer.http with the gateway."""
