"""The recorder: reads the journals of all workers and draws from them what people look at. No request waits for it."""
