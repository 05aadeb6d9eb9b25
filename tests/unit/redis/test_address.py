import pytest

from gossamer.redis.address import RedisAddress, parse_redis_url, without_password


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://h", RedisAddress(host="h")),
        ("redis://h:7000/3", RedisAddress(host="h", port=7000, db=3)),
        ("redis://:p%40ss@h", RedisAddress(host="h", password="p@ss")),
        ("redis://ann:pw@h:1/0", RedisAddress(host="h", port=1, username="ann", password="pw")),
        ("redis://[::1]:7000", RedisAddress(host="::1", port=7000)),
        ("rediss://h", RedisAddress(host="h", has_tls=True)),
        ("rediss://h?verify=false", RedisAddress(host="h", has_tls=True, trust=False)),
        ("rediss://h/1?verify=/etc/ca.pem", RedisAddress(host="h", db=1, has_tls=True, trust="/etc/ca.pem")),
        ("redis+cluster://a:1,b:2,c", RedisAddress(host="a", port=1, is_cluster=True, nodes=(("b", 2), ("c", 6379)))),
        ("rediss+cluster://:pw@a", RedisAddress(host="a", password="pw", is_cluster=True, has_tls=True)),
    ],
)
def test_what_a_url_says(url, address):
    assert parse_redis_url(url) == address


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("http://h", "the scheme http is not known"),
        ("redis:", "the URL names no host"),
        ("redis://", "the URL names no host"),
        ("redis://h:x", "the port is no number"),
        ("redis://h:99999", "the port is no number"),
        ("redis://h/db1", "the path is no number of a database"),
        ("redis://a,b", "several servers, and no cluster"),
        ("redis+cluster://a/1", "a cluster has database 0 only"),
        ("redis+cluster://a,u:hidden@b", "no HOST:PORT"),
        ("redis://h?verify=false", "only rediss://"),
        ("rediss://h?timeout=3", "only verify"),
        ("redis://:hidden@[h", "no URL"),
    ],
)
def test_what_is_no_url_is_said_without_its_password(url, wrong):
    with pytest.raises(ValueError, match=wrong) as caught:
        parse_redis_url(url)
    assert "hidden" not in str(caught.value)
    assert "; " in str(caught.value), "it names what to write instead"


def test_no_password_shows():
    assert without_password("redis://ann:secret@h:1/0") == "redis://****@h:1/0"
    for password in ("se/cret", "se@cret", "se?cret", "ann:se@c/ret"):
        assert without_password(f"redis://{password}@h:1/0") == "redis://****@h:1/0"
    assert without_password("redis://h:1/0") == "redis://h:1/0"
    assert without_password("memory") == "memory"
    assert "secret" not in repr(parse_redis_url("redis://ann:secret@h"))


def test_a_server_of_the_same_cluster_is_reached_in_the_same_way():
    address = parse_redis_url("rediss+cluster://ann:pw@a:1,b:2?verify=false")
    other = address.at("c", 3)
    assert (other.host, other.port, other.password, other.has_tls, other.trust) == ("c", 3, "pw", True, False)
    assert address.seeds == (("a", 1), ("b", 2))
