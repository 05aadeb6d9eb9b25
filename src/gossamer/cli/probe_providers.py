"""What `doctor` asks of the providers: does the address take a connection, and is there a key. Sends no request.

Connects as the gateway does, through the same proxy and with the same trust; all providers at once.
"""

import asyncio
from collections.abc import Mapping

from gossamer.cli.probe_node import ASK_S, Finding, Word
from gossamer.config.leaves import mask
from gossamer.config.upstreams import Provider, Upstream
from gossamer.core.clock import now_ns
from gossamer.http.connect import Connector
from gossamer.http.errors import ConnectFailed
from gossamer.http.origin import parse_base_url
from gossamer.http.proxy import ProxySettings
from gossamer.http.tls import client_context

_NS_PER_MS = 1_000_000


def probe_providers(providers: Mapping[str, Provider], environ: Mapping[str, str]) -> list[Finding]:
    """Two lines for each that is reached over a network, one for any other. `environ` may name proxies."""
    try:
        proxies = ProxySettings.from_environ(environ)
    except ValueError as error:
        return [Finding("fail", "proxy", str(error))]
    # Not asyncio.run: it would wait for a name server that everybody else has given up on.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_ask_all(providers, proxies))
    finally:
        loop.close()


async def _ask_all(providers: Mapping[str, Provider], proxies: ProxySettings) -> list[Finding]:
    groups = await asyncio.gather(*(_ask(f"providers.{name}", each, proxies) for name, each in providers.items()))
    return [finding for group in groups for finding in group]


async def _ask(subject: str, provider: Provider, proxies: ProxySettings) -> list[Finding]:
    if not isinstance(provider, Upstream):
        return [Finding("ok", subject, "answers inside the gateway")]
    word, text = await _connect(provider, proxies)
    return [Finding(word, subject, text), Finding("ok", subject, _keys_text(provider))]


async def _connect(upstream: Upstream, proxies: ProxySettings) -> tuple[Word, str]:
    try:
        origin, _ = parse_base_url(upstream.base_url)
        tls = client_context(upstream.verify_tls) if origin.is_tls else None
        connector = Connector(origin, tls=tls, proxy=proxies.proxy_for(origin), connect_s=ASK_S)
        started_ns = now_ns()
        transport, _ = await connector.open(asyncio.Protocol)
    except ConnectFailed as error:
        return "fail", f"{error}; is base_url right, and is it up?"
    except ValueError as error:
        return "fail", str(error)
    took_ms = (now_ns() - started_ns) / _NS_PER_MS
    transport.abort()
    return "ok", f"{connector.route} took a connection in {took_ms:.0f} ms"


def _keys_text(provider: Upstream) -> str:
    keys = [mask(key if isinstance(key, str) else key.key) for key in provider.api_keys]
    if not keys:
        return "has no key, and is asked without one"
    return f"has {len(keys)} key{'s' if len(keys) > 1 else ''}: {', '.join(keys)}"
