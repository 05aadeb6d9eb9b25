"""The list of models, and one model: the mock's own names, one for each fault. Any other name is answered too."""

import msgspec

from gossamer.mock.agent import AGENT_MODELS
from gossamer.mock.faults import ALIASES, FAULTS, MODEL_PREFIX
from gossamer.mock.render.raw import RAW_MODEL
from gossamer.mock.render.template import CREATED

PLAIN_MODEL = "mock"
MODELS = (PLAIN_MODEL, RAW_MODEL, *AGENT_MODELS, *(MODEL_PREFIX + name for name in (*FAULTS, *ALIASES)))
_CREATED_AT = "2025-01-01T00:00:00Z"


def model_list(*, is_anthropic: bool) -> bytes:
    """Every name that means something."""
    data = [_model(name, is_anthropic=is_anthropic) for name in MODELS]
    if not is_anthropic:
        return msgspec.json.encode({"object": "list", "data": data})
    return msgspec.json.encode({"data": data, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]})


def one_model(name: str, *, is_anthropic: bool) -> bytes:
    """The model of that name."""
    return msgspec.json.encode(_model(name, is_anthropic=is_anthropic))


def _model(name: str, *, is_anthropic: bool) -> dict[str, object]:
    if is_anthropic:
        return {"type": "model", "id": name, "display_name": name, "created_at": _CREATED_AT}
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "gossamer"}
