"""What the cache's settings name must be there: a misspelt model would only show as a cache that never answers.

Part of rules.py, in a file of its own. Agents and keys of the state store go by their ids, whose form is known.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from gossamer.config.problems import FieldPath, did_you_mean

Named = tuple[FieldPath, str, str]
"""Where, what is wrong, and what would do."""

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Of everything in the state store: a UUID."""


def unknown_names(found: Mapping[FieldPath, object], providers: Collection[str]) -> Iterator[Named]:
    """Of `cache.models`, `cache.agents` and `cache.keys`."""
    models = [str(path[1]) for path in found if len(path) == 2 and path[0] == "models"]
    keys = [str(value) for path, value in found.items() if path[:1] == ("keys",) and path[-1] == "name"]
    for path in found:
        match path:
            case ("cache", "models", str() as name) if not _is_model(name, models, providers):
                listed = did_you_mean(name, models, listed_as="models")
                yield path, f"there is no model {name}", f"{listed}; or write provider/model"
            case ("cache", "agents", str() as name) if not _ID.fullmatch(name):
                yield path, f"{name} is no id of an agent", "`gossamer agent list` shows the ids"
            case ("cache", "keys", str() as name) if name not in keys and not _ID.fullmatch(name):
                listed = did_you_mean(name, keys, listed_as="keys of this file")
                yield path, f"there is no key {name}", f"{listed}; of others, `gossamer key list` shows the ids"


def _is_model(name: str, models: Collection[str], providers: Collection[str]) -> bool:
    provider, slash, _ = name.partition("/")
    return name in models or (bool(slash) and provider in providers)
