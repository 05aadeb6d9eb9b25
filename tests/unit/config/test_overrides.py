import pytest

from gossamer.config.shapes import file_shape

ALL = ", ".join(f"GOSSAMER_{name.upper()}" for name in file_shape().fields)
FILE = """\
server: {port: 1}
providers:
  my-local: &local {kind: openai-compatible, base_url: http://h, timeouts: &t {idle: 1s}}
  other: {kind: openai-compatible, base_url: http://o, timeouts: *t}
models: {gpt-4.1: my-local/a}
"""


def test_an_override_beats_the_file(read):
    settings = read(FILE, {"GOSSAMER_SERVER__PORT": "9000", "GOSSAMER_SERVER__LIMITS__BODY_BYTES": "1MiB"})
    assert (settings.server.port, settings.server.limits.body_bytes) == (9000, 1 << 20)


def test_a_name_of_the_users_is_spelled_with_underscores(read):
    settings = read(
        FILE, {"GOSSAMER_PROVIDERS__MY_LOCAL__BASE_URL": "http://new", "GOSSAMER_MODELS__GPT_4_1": "mock/mock"}
    )
    assert settings.providers["my-local"].base_url == "http://new"
    assert settings.models == {"gpt-4.1": "mock/mock"}


def test_an_override_reaches_one_of_two_aliases(read):
    settings = read(FILE, {"GOSSAMER_PROVIDERS__MY_LOCAL__TIMEOUTS__IDLE": "9s"})
    assert settings.providers["my-local"].timeouts.idle_s == 9.0
    assert settings.providers["other"].timeouts.idle_s == 1.0


def test_lists_and_mappings_are_yaml_and_replace_the_whole(read):
    settings = read(
        FILE,
        {
            "GOSSAMER_MODELS": "{a: mock/a}",
            "GOSSAMER_MODELS__B": "mock/b",
            "GOSSAMER_KEYS": '[{name: k, token: "${TOKEN}"}]',
            "TOKEN": "gsm_x",
        },
    )
    assert settings.models == {"a": "mock/a", "b": "mock/b"}
    assert settings.keys[0].name == "k"


def test_a_whole_provider_from_the_environment(read):
    settings = read(
        "", {"GOSSAMER_PROVIDERS__X__KIND": "openai-compatible", "GOSSAMER_PROVIDERS__X__BASE_URL": "http://x"}
    )
    assert settings.providers["x"].base_url == "http://x"


def test_what_the_commands_read_is_no_override(read):
    assert read("", {"GOSSAMER_URL": "http://x", "GOSSAMER_TOKEN": "gsm_x"}) == read("", {})


def test_an_override_takes_the_type_of_its_field(read):
    settings = read("", {"GOSSAMER_DATA_DIR": "123", "GOSSAMER_SERVER__PORT": "'9000'", "GOSSAMER_SERVER__UDS": "null"})
    assert (settings.data_dir, settings.server.port, settings.server.uds) == ("123", 9000, None)


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("GOSSAMER_SERVR__PORT", "1", "this overrides no setting; did you mean GOSSAMER_SERVER__PORT?"),
        ("GOSSAMER_PORT", "9000", "this overrides no setting; did you mean GOSSAMER_SERVER__PORT?"),
        ("GOSSAMER_SERVER_PORT", "9000", "this overrides no setting; did you mean GOSSAMER_SERVER__PORT?"),
        (
            "GOSSAMER_PROVIDERS__MY_LOCAL__APIKEYS",
            "[x]",
            "this overrides no setting; did you mean GOSSAMER_PROVIDERS__MY_LOCAL__API_KEYS?",
        ),
        ("GOSSAMER_KEYS__0__TOKEN", "x", "this overrides no setting; a list is replaced whole: GOSSAMER_KEYS='[...]'"),
        ("GOSSAMER_SERVER__PORT__X", "1", "this overrides no setting; did you mean GOSSAMER_SERVER__PORT?"),
        ("GOSSAMER_MODELS__", "1", "this overrides no setting; did you mean GOSSAMER_MODELS?"),
        (
            "GOSSAMER_ZEBRA",
            "1",
            f"this overrides no setting; unset it, or rename it if it is for something else; settings begin with {ALL}",
        ),
        (
            "GOSSAMER_KEYS",
            "[",
            (
                "keys: the value is no YAML; quote text that begins with a special character; "
                "a list is [a, b] and a mapping {name: value}"
            ),
        ),
        ("GOSSAMER_SERVER__PORT", "x", "server.port: 'x' is no whole number; write a whole number from 0 to 65535"),
        ("GOSSAMER_SERVER__PORT", "", "server.port: the value is empty; write a whole number from 0 to 65535"),
        (
            "GOSSAMER_PROVIDERS__MY_LOCAL__MOCK__SEED",
            "1",
            "providers.my-local.mock: unknown key; it belongs to kind: mock",
        ),
    ],
)
def test_a_variable_that_cannot_override(complaints, variable, value, complaint):
    assert complaints(FILE, {variable: value}) == [f"{variable}: {complaint}"]


def test_a_bad_value_of_a_variable_is_not_repeated(complaints):
    (line,) = complaints("", {"GOSSAMER_PROVIDERS": "{a: *hidden"})
    assert "hidden" not in line


def test_a_variable_that_the_file_refers_to_is_the_users_own(read):
    settings = read("keys: [{name: a, token: '${GOSSAMER_TEAM_TOKEN}'}]", {"GOSSAMER_TEAM_TOKEN": "gsm_x"})
    assert settings.keys[0].name == "a"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GOSSAMER_SERVICE_HOST", "10.0.0.1"),
        ("GOSSAMER_SERVICE_PORT", "8080"),
        ("GOSSAMER_SERVICE_PORT_HTTP", "8080"),
        ("GOSSAMER_PORT", "tcp://10.0.0.1:8080"),
        ("GOSSAMER_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("GOSSAMER_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("GOSSAMER_GATEWAY_PORT_8080_TCP_PROTO", "tcp"),
    ],
)
def test_what_kubernetes_says_of_a_service_called_gossamer_is_no_override(read, variable, value):
    assert read("", {variable: value}) == read("")
