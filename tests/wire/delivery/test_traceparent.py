"""W3C Trace Context on its way through: what the record keeps, and what the provider is told."""

import re

import msgspec
import pytest

from gossamer.config.routes import RouteSettings
from gossamer.config.telemetry import TelemetrySettings
from gossamer.core.trace_context import attempt_part, span_id_of, trace_id_of
from tests.wire.delivery.gateway import ASK, CHAT, Gateway, Origin, Visit, settings_for, whole

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
SAID = f"00-{TRACE}-{SPAN}-01"
COLLECTOR = TelemetrySettings(otlp="http://127.0.0.1:4318")


def tell(gateway: Gateway, origin: Origin, telemetry: TelemetrySettings) -> None:
    gateway.reload(msgspec.structs.replace(settings_for(origin), telemetry=telemetry))


def headers(visit: Visit, name: str) -> list[str]:
    return re.findall(rf"^{name}: (.*?)\r$", visit.head.decode(), re.MULTILINE)


async def ask(gateway: Gateway, origin: Origin, *lines: str, times: int = 1) -> list[Visit]:
    client = await gateway.client()
    visits = []
    for _ in range(times):
        await client.ask(ASK, CHAT, *lines)
        visits.append(await origin.visit())
        visits[-1].write(whole(b"{}"))
        await client.answer()
    return visits


@pytest.mark.parametrize("said", [SAID, "00-nonsense"])
async def test_without_telemetry_it_passes_as_it_came(gateway: Gateway, origin: Origin, said: str):
    (visit,) = await ask(gateway, origin, f"traceparent: {said}", "tracestate: a=1")
    assert headers(visit, "traceparent") == [said]
    assert headers(visit, "tracestate") == ["a=1"]


async def test_a_valid_one_is_kept_in_the_record(gateway: Gateway, origin: Origin):
    await ask(gateway, origin, f"traceparent: {SAID}")
    assert gateway.records.all[-1].trace == f"{TRACE}-{SPAN}-01"


@pytest.mark.parametrize("lines", [(), ("traceparent: 00-nonsense",), (f"traceparent: {SAID}", f"traceparent: {SAID}")])
async def test_any_other_is_none(gateway: Gateway, origin: Origin, lines: tuple[str, ...]):
    await ask(gateway, origin, *lines)
    assert gateway.records.all[-1].trace is None


async def test_without_any_nothing_is_added(gateway: Gateway, origin: Origin):
    (visit,) = await ask(gateway, origin)
    assert headers(visit, "traceparent") == []


async def test_with_telemetry_the_providers_parent_is_our_span(gateway: Gateway, origin: Origin):
    tell(gateway, origin, COLLECTOR)
    visits = await ask(gateway, origin, f"traceparent: {SAID}", "tracestate: a=1", times=2)
    ids = [record.id for record in gateway.records.all[-2:]]
    assert ids[0] != ids[1]
    for request_id, visit in zip(ids, visits, strict=True):
        assert headers(visit, "traceparent") == [f"00-{TRACE}-{span_id_of(request_id, attempt_part(0))}-01"]
        assert headers(visit, "tracestate") == ["a=1"]


async def test_a_parent_that_is_not_sampled_stays_so(gateway: Gateway, origin: Origin):
    tell(gateway, origin, COLLECTOR)
    (visit,) = await ask(gateway, origin, f"traceparent: {SAID[:-2]}00")
    assert headers(visit, "traceparent")[0].endswith("-00")


@pytest.mark.parametrize(("sample", "flags"), [(1.0, "01"), (0.0, "00")])
async def test_with_telemetry_a_trace_begins_here(gateway: Gateway, origin: Origin, sample: float, flags: str):
    tell(gateway, origin, msgspec.structs.replace(COLLECTOR, sample=sample))
    for visit in await ask(gateway, origin, times=3):
        request_id = headers(visit, "x-request-id")[0]
        expected = f"00-{trace_id_of(request_id, None)}-{span_id_of(request_id, attempt_part(0))}-{flags}"
        assert headers(visit, "traceparent") == [expected]


async def test_what_vendors_add_to_a_broken_one_goes_with_it(gateway: Gateway, origin: Origin):
    tell(gateway, origin, COLLECTOR)
    (visit,) = await ask(gateway, origin, "traceparent: 00-nonsense", "tracestate: a=1")
    assert headers(visit, "traceparent") != ["00-nonsense"]
    assert headers(visit, "tracestate") == []


async def test_a_reload_without_telemetry_ends_it_for_the_same_head(gateway: Gateway, origin: Origin):
    tell(gateway, origin, COLLECTOR)
    client = await gateway.client()
    for is_told in (True, False):
        await client.ask(ASK)
        visit = await origin.visit()
        visit.write(whole(b"{}"))
        await client.answer()
        assert bool(headers(visit, "traceparent")) is is_told
        gateway.reload(settings_for(origin))


async def test_each_attempt_is_a_span_of_its_own(gateway: Gateway, origin: Origin):
    route = RouteSettings(targets=("local/real", "local/other"))
    gateway.reload(msgspec.structs.replace(settings_for(origin), telemetry=COLLECTOR, models={"alias": route}))
    client = await gateway.client()
    await client.ask(ASK)
    told = []
    for answer in (whole(b"{}", 500), whole(b"{}")):
        visit = await origin.visit()
        told += headers(visit, "traceparent")
        visit.write(answer)
    await client.answer()
    request_id = gateway.records.all[-1].id
    assert [each.split("-")[2] for each in told] == [span_id_of(request_id, attempt_part(n)) for n in range(2)]
