"""What `doctor` asks of the ClickHouse that keeps traces: does it let us in, is it new enough, are its tables ours?"""

import asyncio
from typing import Final

from gossamer.cli.probe_node import ASK_S, Finding
from gossamer.http.limits import CallTimeouts
from gossamer.projections.clickhouse import schema
from gossamer.projections.clickhouse.address import parse_clickhouse_url
from gossamer.projections.clickhouse.client import ClickHouseAway, ClickHouseRefused, Client

_SUBJECT: Final = "traces"
_TIMEOUTS: Final = CallTimeouts(connect_s=ASK_S, first_byte_s=ASK_S, idle_s=ASK_S, total_s=ASK_S)


def probe_traces(traces: str) -> Finding:
    """One line. `traces` is the URL. Changes nothing."""
    client = Client(parse_clickhouse_url(traces), _TIMEOUTS)
    # Not asyncio.run: it would wait for a name server that everybody else has given up on.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_probe(client))
    finally:
        loop.close()


async def _probe(client: Client) -> Finding:
    shown = client.address.shown
    try:
        found = await schema.look(client)
        schema.check(found)
    except ClickHouseRefused as error:
        return Finding("fail", _SUBJECT, f"{shown}: {error}; are user, password and database right?")
    except ClickHouseAway as error:
        return Finding("fail", _SUBJECT, f"{shown}: {error}; is the URL right, and is it up?")
    except schema.WrongSchema as error:
        return Finding("fail", _SUBJECT, f"{shown}: {error}")
    finally:
        client.close()
        await asyncio.sleep(0)  # the socket is closed in the next turn
    if found.steps is None:
        return Finding("ok", _SUBJECT, f"{shown} answers, ClickHouse {found.version}; the first start makes its tables")
    return Finding("ok", _SUBJECT, f"{shown} answers, ClickHouse {found.version}, with tables of version {found.steps}")
