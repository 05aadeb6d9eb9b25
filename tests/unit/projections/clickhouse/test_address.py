"""What stands in the URL of a ClickHouse, and what does not."""

import pytest

from gossamer.config.values import hide_passwords
from gossamer.projections.clickhouse.address import ClickHouseAddress, parse_clickhouse_url


def test_all_that_a_url_can_say():
    address = parse_clickhouse_url(
        "clickhouse://ada:s%20e%2Fcret@db.example:8124/llm?cluster=main&secure=1&verify=false"
    )
    assert str(address.origin) == "https://db.example:8124"
    assert (address.user, address.password) == ("ada", "s e/cret")
    assert (address.database, address.cluster, address.trust) == ("llm", "main", False)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("clickhouse://db", "http://db:8123"),
        ("clickhouse+http://db", "http://db:8123"),
        ("clickhouse+https://db", "https://db:8443"),
        ("clickhouse://db?secure=true", "https://db:8443"),
        ("clickhouse://[::1]:81", "http://[::1]:81"),
    ],
)
def test_ports_are_those_of_the_http_interface(url: str, origin: str):
    address = parse_clickhouse_url(url)
    assert str(address.origin) == origin
    assert (address.user, address.password, address.database) == ("default", "", "default")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("clickhouse://db:9000", "native protocol"),
        ("http://db:8123", "scheme http"),
        ("clickhouse:///database", "no host"),
        ("clickhouse://db:port", "no URL"),
        ("clickhouse://db/da-ta", "name of the database"),
        ("clickhouse://db?cluster=a`b", "name of the cluster"),
        ("clickhouse://db?secure=perhaps", "neither true nor false"),
        ("clickhouse://db?verify=false", "of TLS only"),
        ("clickhouse://db?compression=lz4", "no option 'compression'"),
    ],
)
def test_what_cannot_be_meant_is_refused(url: str, said: str):
    with pytest.raises(ValueError, match=said):
        parse_clickhouse_url(url)


def test_a_password_is_never_shown():
    url = "clickhouse://ada:topsecret@db/llm"
    address: ClickHouseAddress = parse_clickhouse_url(url)
    assert "topsecret" not in repr(address)
    assert "topsecret" not in address.shown
    assert "topsecret" not in hide_passwords(url)
