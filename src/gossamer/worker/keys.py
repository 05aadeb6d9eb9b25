"""Keys that the configuration grants, by the digest of their token; all others are looked for elsewhere."""

from collections.abc import Awaitable, Iterable

from gossamer.config.settings import KeySettings
from gossamer.core.ports import Authenticator, Claims


class ConfiguredKeys:
    """An Authenticator that knows its own keys from the start."""

    def __init__(self, keys: Iterable[KeySettings], others: Authenticator) -> None:
        self._claims = {key.digest: Claims(key_id=key.name, name=key.name, models=key.models) for key in keys}
        self._others = others

    def claims_of(self, digest: bytes, peer: str, *, has_our_form: bool) -> Claims | Awaitable[Claims | None] | None:
        own = self._claims.get(digest)
        return own if own is not None else self._others.claims_of(digest, peer, has_our_form=has_our_form)

    def retire(self, heir: Authenticator | None = None) -> None:
        """Newer keys took over: what anybody still holds of these is to be looked up again, among those of the heir."""
        for claims in self._claims.values():
            claims.is_valid = False
        self._claims = {}
        self._others = heir or self._others
