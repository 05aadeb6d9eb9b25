"""OpenAI's chat completions, read and written: requests, whole answers and streams."""
