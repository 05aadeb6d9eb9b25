"""Who imitates chat completions, and where each one differs: a table.

docs/reference/dialects.md shows it. Put together in November 2026 from public pages and threads where there were any;
what Together, Azure and Ollama take was not found written down, and is to be checked against them.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from gossamer.dialects.fates import Fate

CARRIED, HINT, LOST = Fate.CARRIED, Fate.HINT, Fate.LOST


class Vendor(msgspec.Struct, frozen=True):
    """`refuses`: members at the top that it answers with an error, and whether they may go without asking the user;
    CARRIED: it does unasked what they ask for.

    `renames`: members that it knows by another name. `ignores` are members that it takes and does not obey.
    """

    name: str
    base_url: str = ""
    path: str = "/chat/completions"
    key_header: str = "authorization"
    refuses: Mapping[str, Fate] = {}
    renames: Mapping[str, str] = {}
    roles: Mapping[str, str] = {}
    refuses_in_messages: tuple[str, ...] = ()
    takes_schema: bool = True
    """`response_format` of type json_schema."""
    takes_reasoning: bool = False
    """Its own `reasoning_content` back in an assistant's message."""
    takes_reasoning_details: bool = False
    takes_cache_control: bool = False
    notes: str = ""


_OLD_LIMIT: Final = {"max_completion_tokens": "max_tokens"}
_NO_DEVELOPER: Final = {"developer": "system"}
_REASONING: Final = ("reasoning_content", "reasoning_details", "reasoning")
_OPENAI_ONLY: Final = {
    "store": HINT,
    "metadata": HINT,
    "service_tier": HINT,
    "prompt_cache_key": HINT,
    "prompt_cache_options": HINT,
    "prompt_cache_retention": HINT,
    "safety_identifier": HINT,
    "verbosity": HINT,
    "prediction": HINT,
}

OPENAI: Final = Vendor("openai", "https://api.openai.com/v1", refuses_in_messages=_REASONING)
VLLM: Final = Vendor(
    "vllm",
    "http://127.0.0.1:8000/v1",
    roles=_NO_DEVELOPER,
    takes_reasoning=True,
    notes="Takes members of its own (top_k, chat_template_kwargs); the template of a model may know no developer.",
)
OLLAMA: Final = Vendor(
    "ollama",
    "http://127.0.0.1:11434/v1",
    renames=_OLD_LIMIT,
    roles=_NO_DEVELOPER,
    takes_reasoning=True,
    notes="Passes over what it does not know, so max_completion_tokens would set no limit at all.",
)
GROQ: Final = Vendor(
    "groq",
    "https://api.groq.com/openai/v1",
    refuses={name: fate for name, fate in _OPENAI_ONLY.items() if name != "service_tier"}
    | {"logprobs": LOST, "top_logprobs": LOST, "logit_bias": LOST},
    roles=_NO_DEVELOPER,
    refuses_in_messages=("name", *_REASONING),
    notes="Has tiers of service of its own.",
)
MISTRAL: Final = Vendor(
    "mistral",
    "https://api.mistral.ai/v1",
    refuses={
        **_OPENAI_ONLY,
        "user": HINT,
        "stream_options": CARRIED,
        "logprobs": LOST,
        "top_logprobs": LOST,
        "logit_bias": LOST,
    },
    renames={**_OLD_LIMIT, "seed": "random_seed"},
    roles=_NO_DEVELOPER,
    refuses_in_messages=("name", "refusal", *_REASONING),
    notes="Answers 422 to members that it does not know; a stream tells its usage without being asked.",
)
DEEPSEEK: Final = Vendor(
    "deepseek",
    "https://api.deepseek.com/v1",
    renames=_OLD_LIMIT,
    roles=_NO_DEVELOPER,
    takes_schema=False,
    takes_reasoning=True,
    notes="Wants reasoning_content back while it thinks; json_object only.",
)
TOGETHER: Final = Vendor(
    "together",
    "https://api.together.xyz/v1",
    refuses=_OPENAI_ONLY,
    renames=_OLD_LIMIT,
    roles=_NO_DEVELOPER,
    takes_reasoning=True,
)
OPENROUTER: Final = Vendor(
    "openrouter",
    "https://openrouter.ai/api/v1",
    takes_reasoning_details=True,
    takes_cache_control=True,
    notes="Passes members on to those who know them.",
)
AZURE: Final = Vendor(
    "azure",
    "https://{resource}.openai.azure.com",
    path="/openai/deployments/{model}/chat/completions?api-version={api_version}",
    key_header="api-key",
    refuses={"service_tier": HINT, "prompt_cache_options": HINT, "prompt_cache_retention": HINT},
    refuses_in_messages=_REASONING,
    notes="The deployment stands in the path; with api-version v1 it is {base}/openai/v1 and the model in the body.",
)
GEMINI: Final = Vendor(
    "gemini",
    "https://generativelanguage.googleapis.com/v1beta/openai",
    refuses={
        **_OPENAI_ONLY,
        "user": HINT,
        "seed": HINT,
        "parallel_tool_calls": HINT,
        "logit_bias": LOST,
        "logprobs": LOST,
        "top_logprobs": LOST,
        "frequency_penalty": LOST,
        "presence_penalty": LOST,
    },
    roles=_NO_DEVELOPER,
    refuses_in_messages=("refusal", *_REASONING),
    notes="Answers 400 'Unknown name' to members that it does not know; its error is the one entry of a list.",
)

VENDORS: Final[Mapping[str, Vendor]] = {
    vendor.name: vendor
    for vendor in (OPENAI, VLLM, OLLAMA, GROQ, MISTRAL, DEEPSEEK, TOGETHER, OPENROUTER, AZURE, GEMINI)
}
