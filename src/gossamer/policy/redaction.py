"""Takes out of a text what nobody should find in it later: secrets of known shapes, addresses, card numbers.

Each is replaced by its name in brackets. Text in, text out; what was found is not kept. A shape that is not in the
table passes: this lowers the harm of what is kept, and is no proof that nothing is left.
"""

import re
from collections.abc import Mapping
from typing import Final

_WORD: Final = r"[A-Za-z0-9_-]"

RULES: Final[Mapping[str, re.Pattern[str]]] = {
    "private-key": re.compile(
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?!-----END).)*+(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
        re.DOTALL,
    ),
    "jwt": re.compile(rf"(?<!{_WORD})eyJ{_WORD}{{8,8000}}+\.{_WORD}{{8,16000}}+\.{_WORD}{{0,2000}}+"),
    "gossamer-key": re.compile(r"gsm_[A-Za-z0-9_]{16,100}+"),
    "api-key": re.compile(rf"\bsk-{_WORD}{{16,300}}+"),
    "aws-key": re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Z0-9])"),
    "aws-secret": re.compile(r"(?i)(?<=secret)_?access_?key\W{1,8}+[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])"),
    "github-token": re.compile(r"gh[pousr]_[A-Za-z0-9]{36,255}+|github_pat_[A-Za-z0-9_]{22,255}+"),
    "slack-token": re.compile(r"xox[abeprs]-[A-Za-z0-9-]{10,255}+"),
    "google-key": re.compile(rf"AIza{_WORD}{{35}}"),
    "bearer": re.compile(r"(?i)\bbearer [A-Za-z0-9._~+/-]{16,4000}+=*+"),
    "email": re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}+@(?:[A-Za-z0-9-]{1,63}+\.){1,8}[A-Za-z]{2,24}+"),
}
"""In this order. No repeat can be tried in many ways: they are possessive, or followed by what they cannot hold."""
_CARD: Final = re.compile(r"(?<![0-9])(?<![0-9][ -])[0-9](?:[ -]?[0-9]){12,18}+(?![0-9])")
_ESCAPED: Final = re.compile(r"\\u00([2-7][0-9a-fA-F])|\\/")
_KEPT_ESCAPES: Final = '"\\'
_ENDS_WORD: Final = (" ", "\n", "\t", '"')


class Redactor:
    """With what an operator wants to be replaced as well."""

    def __init__(self, own: Mapping[str, re.Pattern[str]]) -> None:
        self._rules = [(f"[{name}]", rule) for name, rule in {**RULES, **own}.items()]

    def redact(self, text: str, *, is_cut: bool = False) -> str:
        text = _ESCAPED.sub(_plain, text)
        for name, rule in self._rules:
            text = rule.sub(name, text)
        text = _CARD.sub(_card, text)
        return _without_last_word(text) if is_cut else text


def _without_last_word(text: str) -> str:
    """What a cut may have left of a secret no longer has its shape."""
    return text[: 1 + max(map(text.rfind, _ENDS_WORD))] + "[cut]"


def _plain(found: re.Match[str]) -> str:
    """A character that was written as an escape, which would hide what it is part of; not one that JSON needs so."""
    character = chr(int(found[1], 16)) if found[1] else "/"
    return found[0] if character in _KEPT_ESCAPES else character


def _card(found: re.Match[str]) -> str:
    digits = [int(each) for each in found[0] if each.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return "[card]" if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else found[0]
