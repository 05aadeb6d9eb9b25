import msgspec
import pytest

from gossamer.config.money import Budget
from gossamer.config.settings import KeySettings, LimitSettings, ServerSettings, Settings, TlsSettings
from gossamer.config.upstreams import CompatibleProvider, MockProvider, OpenAIProvider, TimeoutSettings
from gossamer.config.usage import PriceSettings, QuotaSettings, UsageSettings
from gossamer.http.limits import CallTimeouts, ServerLimits

FULL = Settings(
    server=ServerSettings(tls=TlsSettings(certificate="c.pem", key="k.pem"), uds="/run/g.sock"),
    providers={
        "openai": OpenAIProvider(api_keys=("sk-very-secret-indeed",), headers={"openai-organization": "org-1"}),
        "local": CompatibleProvider(base_url="http://127.0.0.1:8000/v1", verify_tls="/etc/ca.pem"),
        "mock": MockProvider(),
    },
    models={"m": "mock/mock"},
    counters="redis://ann:very-secret@h",
    limits=UsageSettings(default=QuotaSettings(requests=1, budget=(Budget(5, "day"),)), models={"m": QuotaSettings()}),
    prices={"mock/mock": PriceSettings(input_picos=5)},
    default_provider="openai",
    keys=(
        KeySettings(name="a", digest=b"\x00\xff" * 16, models=frozenset({"m"})),
        KeySettings(name="b", digest=b"\x01" * 32),
    ),
)


@pytest.mark.parametrize("settings", [Settings(), FULL], ids=["defaults", "full"])
def test_settings_cross_to_another_process_and_stay_the_same(settings):
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(settings), type=Settings) == settings
    assert msgspec.json.decode(msgspec.json.encode(settings), type=Settings) == settings


def test_settings_do_not_change():
    with pytest.raises(AttributeError):
        FULL.server.port = 1  # type: ignore[misc]


def test_an_unknown_key_is_refused_on_the_way_back_too():
    with pytest.raises(msgspec.ValidationError, match="unknown field `prot`"):
        msgspec.json.decode(b'{"server": {"prot": 1}}', type=Settings)


def test_no_secret_shows_in_a_repr():
    assert "very-secret" not in repr(FULL)
    assert "org-1" not in repr(FULL)
    assert "OpenAIProvider(base_url='https://api.openai.com/v1', api_keys=1, ...)" in repr(FULL)


def test_the_defaults_of_the_wire_are_the_defaults_here():
    assert LimitSettings().for_server() == ServerLimits()
    assert TimeoutSettings().for_calls() == CallTimeouts()


def test_limits_arrive_at_the_wire():
    limits = LimitSettings(
        head_bytes=1,
        header_count=2,
        body_bytes=3,
        head_timeout_s=4,
        body_timeout_s=5,
        idle_timeout_s=6,
        write_timeout_s=7,
    )
    assert limits.for_server() == ServerLimits(1, 2, 3, 4, 5, 6, 7)
    timeouts = TimeoutSettings(connect_s=1, first_byte_s=2, idle_s=3, total_s=4)
    assert timeouts.for_calls() == CallTimeouts(1, 2, 3, 4)
