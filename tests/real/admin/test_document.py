"""The OpenAPI document is true: what is asked by it, or nearly, is answered as it says, and never with a 500."""

from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gossamer.control.api.app import make_app
from tests.real.admin.house import settings_with
from tests.real.admin.served import Served, serve
from tests.real.postgres import Postgres

document = make_app(None, settings_with()).openapi()
schema = schemathesis.openapi.from_dict(document)
CHECKS = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@pytest.fixture(scope="module")
def served(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Served]]:
    """The same over SQLite and over Postgres."""
    name = postgres.make_database()
    near, far = tmp_path_factory.mktemp("near"), tmp_path_factory.mktemp("far")
    with serve(f"sqlite:///{near}/state.db", near) as here, serve(postgres.url_of(name), far) as there:
        yield here, there
    postgres.drop_database(name)


@schema.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_what_is_asked_by_the_document_is_answered_by_it(case: Any, served: tuple[Served, Served]):
    chance = crc32(repr((case.path_parameters, case.query, case.body)).encode("utf-8", "surrogatepass"))
    asked = served[chance & 1]
    headers = {"Authorization": f"Bearer {asked.admin.token}"}
    if chance & 2:
        # Of what there is; as it was made up, most paths lead to nothing.
        case.path_parameters = {name: asked.ids.get(name, made) for name, made in (case.path_parameters or {}).items()}
        headers["If-Match"] = "*"
    case.call_and_validate(base_url=asked.url, headers=headers, checks=CHECKS)
