"""The sinks of the audit: a file, or a topic of Kafka."""
