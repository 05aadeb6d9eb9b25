"""What all tests share: how long Hypothesis may take to think, which on a busy machine says nothing of the code."""

from hypothesis import HealthCheck, settings

settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")
