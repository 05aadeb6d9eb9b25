"""The OpenAPI document is true: what is asked by it, or nearly, is answered as it says, and never with a 500."""

from collections.abc import Iterator
from typing import Any

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


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if request.param == "sqlite":
        with serve(f"sqlite:///{tmp_path_factory.mktemp('served')}/state.db") as served:
            yield served
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = postgres.make_database()
    with serve(postgres.url_of(name)) as served:
        yield served
    postgres.drop_database(name)


@schema.parametrize()
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_what_is_asked_by_the_document_is_answered_by_it(case: Any, served: Served):
    token = {"Authorization": f"Bearer {served.admin.token}"}
    case.call_and_validate(base_url=served.url, headers=token, checks=CHECKS)
    case.path_parameters = {name: served.ids.get(name, value) for name, value in (case.path_parameters or {}).items()}
    case.call_and_validate(base_url=served.url, headers={**token, "If-Match": "*"}, checks=CHECKS)
