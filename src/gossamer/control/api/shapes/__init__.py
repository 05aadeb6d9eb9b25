"""What the admin API takes and gives, as its OpenAPI document says it. Knows no store and no request."""
