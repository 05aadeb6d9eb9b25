"""What `doctor` asks of the state store: can it be reached, and are its tables of this version? Changes nothing."""

import asyncio

from gossamer.cli.probe_node import Finding
from gossamer.config.values import hide_passwords


def probe_state(url: str) -> Finding:
    """Within the few seconds that the store gives itself."""
    # What speaks SQL is loaded for this question only: it takes longer than all else that the command line loads.
    from gossamer.control.store.errors import StoreUnavailable  # noqa: PLC0415
    from gossamer.control.store.store import schema_state  # noqa: PLC0415

    shown = hide_passwords(url)
    try:
        found = asyncio.run(schema_state(url))
    except StoreUnavailable as error:
        return Finding("fail", "state", f"{shown} cannot be asked: {error.reason}; is the URL right, and is it up?")
    if found.before is None:
        return Finding("ok", "state", f"{shown} has no tables yet; the first start makes them")
    if found.before != found.after:
        tables = f"{shown} has tables of version {found.before}, and {found.after} is needed"
        return Finding("warn", "state", f"{tables}; the next start migrates them, or `gossamer migrate` does")
    return Finding("ok", "state", f"{shown} answers, with tables of version {found.before}")
