"""The admin API, put together: a store and settings in, an ASGI app out. Whoever serves it, serves it as it is."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

from fastapi import FastAPI

from gossamer import __version__
from gossamer.config.settings import Settings
from gossamer.control.api import (
    agents,
    answers,
    audit,
    auth,
    cache,
    dashboard,
    directives,
    docs_page,
    health,
    invites,
    keys,
    metrics,
    routes,
    sessions,
    traces,
    usage,
    users,
)
from gossamer.control.api.desk import Desk
from gossamer.control.api.openapi import DESCRIPTION
from gossamer.control.api.rim import InTurns, SmallBodies, Unkept
from gossamer.control.kept_answers import KeptAnswers
from gossamer.control.nouns import Actor
from gossamer.control.store.store import Store
from gossamer.control.trace_store import trace_reader
from gossamer.core.clock import wall_time
from gossamer.projections.sessions.states import Spans
from gossamer.projections.traces.trace import US_PER_S


def make_app(
    store: Store | None,
    settings: Settings,
    *,
    operator: Actor | None = None,
    now: Callable[[], float] = monotonic,
    wall_time: Callable[[], float] = wall_time,
) -> FastAPI:
    """Without a store everything is answered `unavailable` until `use_store`.

    `operator` is who asks, whatever is asked: never to be served to anybody. The clocks are handed in by tests.
    """
    app = FastAPI(
        title="Gossamer",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    names = frozenset(settings.providers), frozenset(settings.models)
    app.state.desk = Desk(
        store,
        settings.auth,
        trace_reader(settings),
        KeptAnswers(settings),
        Path(settings.data_dir),
        *names,
        spans_of(settings),
        operator,
        now,
        wall_time,
    )
    for part in (
        auth,
        users,
        keys,
        agents,
        directives,
        routes,
        cache,
        invites,
        audit,
        sessions,
        traces,
        usage,
        health,
        metrics,
        docs_page,
        dashboard,
    ):
        app.include_router(part.routes)
    answers.install(app)
    app.add_middleware(SmallBodies)
    app.add_middleware(Unkept)
    app.add_middleware(InTurns)
    return app


def use_store(app: FastAPI, store: Store) -> None:
    """From the next request on."""
    app.state.desk.opened = store


def use_settings(app: FastAPI, settings: Settings) -> None:
    """From the next request on; who is slowed stays so."""
    desk = app.state.desk
    desk.auth = settings.auth
    desk.answers = KeptAnswers(settings)
    desk.providers = frozenset(settings.providers)
    desk.names_in_file = frozenset(settings.models)
    desk.spans = spans_of(settings)


def spans_of(settings: Settings) -> Spans:
    return Spans(round(settings.sessions.idle_s * US_PER_S), round(settings.sessions.expire_s * US_PER_S))
