"""What no field can know alone: names that must exist elsewhere, values that must agree.

Looks only at what could be read (`found`), so a problem that is named already brings no second one with it.
"""

from collections.abc import Iterator, Mapping

from gossamer.config.audit import AuditSettings
from gossamer.config.cache_rules import unknown_names
from gossamer.config.document import Items, Node, Table
from gossamer.config.file_format import KeyEntry
from gossamer.config.problems import FieldPath, Place, Problem, did_you_mean, field_name
from gossamer.config.routes import RouteSettings, targets_of
from gossamer.config.sessions import SessionSettings
from gossamer.config.settings import JournalSettings, ServerSettings
from gossamer.config.tool_rules import problems_of_tools
from gossamer.config.units import format_size
from gossamer.config.upstreams import AnthropicProvider, AzureProvider, CompatibleProvider, Upstream
from gossamer.config.usage import QuotaSettings

Found = Mapping[FieldPath, object]

ALWAYS_THERE = "mock"
"""The provider that exists without being configured."""
_KEY_HEADERS: Mapping[type, str] = {AnthropicProvider: "x-api-key", AzureProvider: "api-key"}
_EACH_ITS_OWN = "each key has its own"


def check_rules(found: Found, tree: Node) -> Iterator[Problem]:
    """Every rule, in the order of the file."""
    yield from _journal_fits(found, tree)
    yield from _audit_agrees(found, tree)
    yield from _one_voice_on_authorization(found, tree)
    yield from _compatible_has_address(found, tree)
    yield from _providers_exist(found, tree)
    yield from _routes_make_sense(found, tree)
    yield from _keys_have_one_secret(found, tree)
    yield from _keys_differ(found, tree)
    yield from _limited_models_exist(found, tree)
    yield from _priced_providers_exist(found, tree)
    yield from _one_budget_a_period(found, tree)
    yield from _cache_has_redis(found, tree)
    for path, wrong, allowed in unknown_names(found, _provider_names(tree)):
        yield _problem(tree, path, wrong, allowed)
    yield from _sessions_fall_idle_first(found, tree)
    yield from (_problem(tree, *each) for each in problems_of_tools(found))


def _sessions_fall_idle_first(found: Found, tree: Node) -> Iterator[Problem]:
    path = ("sessions",)
    match found.get(path):
        case SessionSettings(idle_s=idle_s, expire_s=expire_s) if expire_s < idle_s:
            yield _problem(tree, (*path, "expire"), "it is less than `idle`", "name a duration as long, or longer")


def _cache_has_redis(found: Found, tree: Node) -> Iterator[Problem]:
    if found.get(("cache", "l2")) == "redis" and found.get(("counters",), "memory") == "memory":
        yield _problem(
            tree, ("cache", "l2"), "there is no Redis", "name it by `counters`, such as redis://127.0.0.1:6379/0"
        )


def _limited_models_exist(found: Found, tree: Node) -> Iterator[Problem]:
    aliases = {path[1]: _sole_target(value) for path, value in found.items() if len(path) == 2 and path[0] == "models"}
    names = _provider_names(tree)
    named: dict[str, FieldPath] = {}
    for path in found:
        match path:
            case ("limits", "models", str() as name):
                target = aliases.get(name, name)
                provider, slash, _ = target.partition("/") if target is not None else (name, "", "")
                if target is not None and (not slash or provider not in names):
                    listed = did_you_mean(name, map(str, aliases), listed_as="models")
                    yield _problem(tree, path, f"there is no model {name}", f"{listed}; or write provider/model")
                elif (first := named.setdefault(target or name, path)) != path:
                    yield _repeated(
                        tree,
                        path,
                        first,
                        f"{target} has its limits already",
                        "it is one model, whatever name it goes by",
                    )


def _sole_target(model: object) -> str | None:
    """None: a route of several, which is limited by its own name."""
    targets = targets_of(model) if isinstance(model, str | RouteSettings) else ()
    return targets[0].target if len(targets) == 1 else None


def _priced_providers_exist(found: Found, tree: Node) -> Iterator[Problem]:
    names = _provider_names(tree)
    for path in found:
        match path:
            case ("prices", str() as target) if (name := target.partition("/")[0]) not in names:
                yield _problem(
                    tree, path, f"there is no provider {name}", did_you_mean(name, names, listed_as="providers")
                )


def _one_budget_a_period(found: Found, tree: Node) -> Iterator[Problem]:
    for path, value in found.items():
        if isinstance(value, QuotaSettings):
            periods = [budget.period for budget in value.budget]
            if len(periods) != len(set(periods)):
                yield _problem(tree, (*path, "budget"), "two budgets of one period", "keep one a day and one a month")


def _journal_fits(found: Found, tree: Node) -> Iterator[Problem]:
    server = found.get(("server",))
    workers = server.workers if isinstance(server, ServerSettings) else 1
    match found.get(("journal",)):
        case JournalSettings(segment_size_bytes=segment, max_size_bytes=bound) if bound < 3 * segment * workers:
            yield _problem(
                tree,
                ("journal", "max_size"),
                f"{format_size(bound)} holds fewer than three segments of {format_size(segment)} for each worker",
                "one is written, one made ready, one read: raise max_size or lower segment_size",
            )


def _audit_agrees(found: Found, tree: Node) -> Iterator[Problem]:
    match found.get(("audit",)):
        case AuditSettings(password=password, password_file=file, username=username) as audit:
            if password is not None and file is not None:
                yield _problem(tree, ("audit", "password_file"), "there is a password as well", "keep one of the two")
            if (username is None) != (password is None and file is None):
                missing = "username" if username is None else "password"
                wrong = f"{missing} is missing"
                yield _problem(tree, ("audit",), wrong, "SASL takes a username, and a password or password_file")
            if (audit.certificate is None) != (audit.certificate_key is None):
                advice = "one PEM file is not enough: give certificate and certificate_key"
                yield _problem(tree, ("audit",), "a certificate without its key, or a key without its own", advice)


def _one_voice_on_authorization(found: Found, tree: Node) -> Iterator[Problem]:
    for path, value in found.items():
        if not isinstance(value, Upstream) or not value.api_keys:
            continue
        name = _KEY_HEADERS.get(type(value), "authorization")
        if name in value.headers:
            yield _problem(
                tree,
                (*path, "headers"),
                f"the {name} header is set here, and by api_keys as well",
                "keep one of the two",
            )


def _compatible_has_address(found: Found, tree: Node) -> Iterator[Problem]:
    for path, value in found.items():
        if isinstance(value, CompatibleProvider) and not value.base_url and value.vendor is None:
            yield _problem(
                tree,
                (*path, "base_url"),
                "missing",
                "needed: where the provider's paths begin, /v1 included; or name a vendor that has one",
            )


def _providers_exist(found: Found, tree: Node) -> Iterator[Problem]:
    names = _provider_names(tree)
    for path, value in found.items():
        match path:
            case (
                ("models", _)
                | ("default_provider",)
                | ("models", _, "targets", _)
                | (
                    "models",
                    _,
                    "targets",
                    _,
                    "target",
                )
            ) if isinstance(value, str):
                name = value.partition("/")[0]
                if name not in names:
                    yield _problem(
                        tree, path, f"there is no provider {name}", did_you_mean(name, names, listed_as="providers")
                    )


def _routes_make_sense(found: Found, tree: Node) -> Iterator[Problem]:
    for path, value in found.items():
        if isinstance(value, RouteSettings):
            for field, wrong, allowed in problems_of_route(value):
                yield _problem(tree, (*path, field), wrong, allowed)


def problems_of_route(route: RouteSettings) -> Iterator[tuple[str, str, str]]:
    """Field, what is wrong with it and what would do, of a route by itself, wherever it comes from."""
    targets = [one.target for one in route.all_targets]
    twice = next((target for target in targets if targets.count(target) > 1), None)
    if twice is not None:
        yield "targets", f"{twice} is named twice", "name each once; `weight` says how much of the traffic is its"
    if route.sticky != "none" and route.strategy == "fallback":
        yield (
            "sticky",
            "with the strategy fallback all stay with the first anyway",
            "leave it out, or change `strategy`",
        )


def _provider_names(tree: Node) -> set[str]:
    """Also of providers that could not be read: those have their own problem."""
    providers = _node_at(tree, ("providers",))
    return {ALWAYS_THERE, *(providers.entries if isinstance(providers, Table) else ())}


def _keys_have_one_secret(found: Found, tree: Node) -> Iterator[Problem]:
    for path, value in found.items():
        if isinstance(value, KeyEntry) and (value.token is None) == (value.sha256 is None):
            wrong = "has neither token nor sha256" if value.token is None else "has both token and sha256"
            yield _problem(tree, path, wrong, "give one of the two")


def _keys_differ(found: Found, tree: Node) -> Iterator[Problem]:
    names: dict[object, FieldPath] = {}
    digests: dict[object, FieldPath] = {}
    for path, value in found.items():
        match path:
            case ("keys", int(), "name"):
                first = names.setdefault(value, path)
                if first != path:
                    yield _repeated(tree, path, first, f"the name {value!r} is taken")
            case ("keys", int(), "token" | "sha256"):
                first = digests.setdefault(value, path)
                if first[:2] != path[:2]:
                    yield _repeated(tree, path, first, "the token is that of another key")


def _repeated(tree: Node, path: FieldPath, first: FieldPath, wrong: str, allowed: str = _EACH_ITS_OWN) -> Problem:
    return _problem(tree, path, f"{wrong}, see {field_name(first)} at {_place_of(tree, first)}", allowed)


def problem_at(tree: Node, path: FieldPath, wrong: str, allowed: str) -> Problem:
    """For rules that stand in files of their own."""
    return _problem(tree, path, wrong, allowed)


def names_below(tree: Node, section: str) -> set[str]:
    """Also of entries that could not be read: those have their own problem."""
    table = _node_at(tree, (section,))
    return set(table.entries) if isinstance(table, Table) else set()


def _problem(tree: Node, path: FieldPath, wrong: str, allowed: str) -> Problem:
    return Problem(_place_of(tree, path), field_name(path), wrong, allowed)


def _place_of(tree: Node, path: FieldPath) -> Place:
    """Where a value stands, or the nearest thing around it that is written."""
    node = _node_at(tree, path)
    while node is None:
        path = path[:-1]
        node = _node_at(tree, path)
    return node.place


def _node_at(tree: Node, path: FieldPath) -> Node | None:
    node: Node | None = tree
    for step in path:
        if isinstance(node, Table) and isinstance(step, str) and step in node.entries:
            node = node.entries[step].value
        elif isinstance(node, Items) and isinstance(step, int):
            node = node.values[step]
        else:
            return None
    return node
