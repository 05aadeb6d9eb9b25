"""OpenAI's responses, read and written: requests, whole answers and streams."""
