"""Keys that the configuration grants, by the digest of their token."""

from collections.abc import Iterable

from gossamer.config.settings import KeySettings
from gossamer.core.ports import Claims


class ConfiguredKeys:
    """An Authenticator that knows all its keys from the start."""

    def __init__(self, keys: Iterable[KeySettings]) -> None:
        self._claims = {key.digest: Claims(key_id=key.name, name=key.name, models=key.models) for key in keys}

    def claims_of(self, digest: bytes, peer: str) -> Claims | None:  # noqa: ARG002 - its keys are all here
        return self._claims.get(digest)

    def retire(self) -> None:
        """Newer keys took over: what anybody still holds of these is to be looked up again."""
        for claims in self._claims.values():
            claims.is_valid = False
