"""A name that leads to two targets, played by the test: the settings. The gateways are in the conftest beside."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import msgspec

from gossamer.config.routes import AbilitySettings, ApiKeySettings, RouteSettings
from gossamer.config.settings import KeySettings, Settings
from gossamer.config.upstreams import CompatibleProvider, TimeoutSettings
from tests.wire.delivery.gateway import TOKEN, Gateway, Origin

TIMEOUTS = {"connect_s": 1.0, "first_byte_s": 0.3, "idle_s": 0.3, "total_s": 2.0}

Open = Callable[..., Awaitable[Gateway]]


def provider(port: int, *keys: str | ApiKeySettings, **models: AbilitySettings) -> CompatibleProvider:
    return CompatibleProvider(
        base_url=f"http://127.0.0.1:{port}/v1",
        api_keys=keys or ("sk-theirs",),
        timeouts=TimeoutSettings(**TIMEOUTS),
        models=models,
    )


def settings_of(providers: dict[str, CompatibleProvider], alias: str | RouteSettings, **more: Any) -> Settings:
    return Settings(
        providers=providers,
        models={"alias": alias},
        keys=(KeySettings(name="tester", digest=sha256(TOKEN.encode()).digest()),),
        **more,
    )


def both(origins: tuple[Origin, Origin], **route: Any) -> Settings:
    """`alias`: first `a/one`, then `b/two`."""
    first, second = origins
    providers = {"a": provider(first.port), "b": provider(second.port)}
    return settings_of(providers, RouteSettings(targets=("a/one", "b/two"), **route))


def said(body: bytes) -> Any:
    return msgspec.json.decode(body)["error"]
