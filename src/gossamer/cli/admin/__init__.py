"""The commands that administer: the same verbs as the admin API, at the machine or against a running gateway."""
