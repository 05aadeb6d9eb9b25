"""The configuration that nginx is given."""

from pathlib import Path

from gossamer.bench.nginx import config, hop, instant_provider


def test_root_says_so_and_others_do_not():
    assert "user root;" in config(Path("/t"), "", as_root=True)
    assert "user root;" not in config(Path("/t"), "", as_root=False)


def test_every_file_lies_in_the_folder():
    written = config(Path("/t"), "", as_root=True)
    for part in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        assert f"{part}_temp_path /t/" in written


def test_the_hop_keeps_its_connections():
    written = hop(1, 2)
    assert "keepalive 512" in written
    assert 'proxy_set_header Connection ""' in written


def test_streams_are_not_buffered():
    assert "proxy_buffering off" in hop(1, 2, buffering=False)
    assert "proxy_buffering on" in hop(1, 2)


def test_the_provider_counts():
    assert "stub_status" in instant_provider(1)
