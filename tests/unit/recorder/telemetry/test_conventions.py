"""The names are those that OpenTelemetry lists."""

import warnings
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import get_args

from opentelemetry.semconv import schemas

from gossamer.config.upstreams import AnthropicProvider, CompatibleProvider, MockProvider, Provider, VendorName
from gossamer.recorder.telemetry import conventions

OURS = "gossamer."


def listed() -> set[str]:
    """Every attribute of the conventions, stable or not."""
    found: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of generative AI are listed, and on their way to a list of their own
        for name in ("opentelemetry.semconv.attributes", "opentelemetry.semconv._incubating.attributes"):
            package = import_module(name)
            modules = [import_module(f"{name}.{each.name}") for each in iter_modules(package.__path__)]
            found |= {value for module in modules for value in texts(module)}
    return found


def texts(module: ModuleType) -> list[str]:
    return [value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)]


def values(enum: str) -> set[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = import_module("opentelemetry.semconv._incubating.attributes.gen_ai_attributes")
        return {each.value for each in getattr(module, enum)}


def test_attributes_are_listed_or_ours():
    ours = {each for each in texts(conventions) if "." in each and not each.startswith(("https:", OURS))}
    assert ours
    assert ours - listed() == set()


def test_operations_are_listed():
    assert set(conventions.OPERATIONS.values()) <= values("GenAiOperationNameValues")


def test_providers_that_are_listed_go_by_that_name():
    assert set(conventions._OF_VENDOR.values()) <= values("GenAiProviderNameValues")
    known = values("GenAiProviderNameValues")
    assert [name for name in get_args(VendorName) if name in known and name not in conventions._OF_VENDOR] == []


def test_others_go_by_their_vendors_or_their_own():
    providers: dict[str, Provider] = {
        "claude": AnthropicProvider(api_keys=("k",)),
        "near": CompatibleProvider(vendor="vllm"),
        "far": CompatibleProvider(base_url="http://127.0.0.1/v1"),
        "mock": MockProvider(),
    }
    assert conventions.provider_names(providers) == {
        "claude": "anthropic",
        "near": "vllm",
        "far": "far",
        "mock": "mock",
    }


def test_the_version_is_one_that_there_is():
    assert conventions.SCHEMA_URL in {each.value for each in schemas.Schemas}
