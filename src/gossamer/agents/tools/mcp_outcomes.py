"""How a call of a server may end other than by its result. Nothing of the SDK is imported here."""


class LinkLost(Exception):
    """The session is over, or never began; says why, in words that may be shown."""


class CallRefused(Exception):
    """The server answered that it will not."""
