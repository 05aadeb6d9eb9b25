"""Captured content on its way through whole processes: raw in the journal, redacted in the traces and their search."""

from pathlib import Path

from gossamer.projections.traces.query import Query
from gossamer.projections.traces.search import TraceSearch
from tests.system.gateway import eventually, start_gateway
from tests.system.node import CONFIG, Node

TOKEN = "sk-of-the-configuration"
SECRET = "ghp_" + "a1B2" * 9


def test_a_secret_that_was_asked_reaches_the_journal_and_no_projection(tmp_path: Path):
    config = {**CONFIG, "capture": {"content": "redacted", "patterns": {"staff": "EMP-[0-9]{6}"}}}
    with start_gateway(tmp_path / "node", config) as gateway:
        body = {"model": "house", "messages": [{"role": "user", "content": f"EMP-123456 says {SECRET}, of pelicans"}]}
        for stream in (False, True):
            assert (
                Node(gateway).request("POST", "/v1/chat/completions", TOKEN, {**body, "stream": stream}).status == 200
            )
        search = TraceSearch(gateway.data_dir / "traces.db")
        eventually(lambda: (gateway.data_dir / "traces.db").exists() and len(search.find(Query(text="pelicans"))) == 2)
        contents = [trace.record.content for trace in search.find(Query(order="oldest"))]
        raw = [record.content for record in gateway.records()]
    for content in contents:
        assert content is not None
        assert "[staff] says [github-token], of pelicans" in content.request
        assert content.answer
    assert all(content is not None and SECRET in content.request for content in raw)
    streamed = contents[1]
    assert streamed is not None
    assert "{" not in streamed.answer, "a stream is told as its words"
    drawn = [file for file in gateway.data_dir.iterdir() if file.is_file()]
    assert all(SECRET.encode() not in file.read_bytes() for file in drawn), "only the journal has it"
