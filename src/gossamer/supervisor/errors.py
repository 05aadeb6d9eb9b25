"""Why the gateway cannot start. The text names the cause and what to do; the command line prints it and exits 1."""


class StartFailed(Exception):
    """Nothing serves; whoever started the gateway has to change something."""
