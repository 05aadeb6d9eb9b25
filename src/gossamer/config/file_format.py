"""What gossamer.yaml may contain. As the settings, but for keys: the file has tokens, the settings only digests."""

from typing import Annotated

from msgspec import Meta

from gossamer.config.section import ModelName, Section
from gossamer.config.settings import Common, StateUrl

TokenDigest = Annotated[bytes, Meta(extra={"leaf": "token"})]
HexDigest = Annotated[bytes, Meta(extra={"leaf": "sha256"})]
KeyName = Annotated[str, Meta(extra={"leaf": "key_name"})]


class KeyEntry(Section, frozen=True, kw_only=True):
    """One key: by its token, which is digested as it is read, or by the digest alone."""

    name: Annotated[KeyName, Meta(description="What the journal calls the key.")]
    token: Annotated[TokenDigest | None, Meta(description="The token itself, best as ${NAME}.")] = None
    sha256: Annotated[HexDigest | None, Meta(description="SHA-256 of the token, in hex, instead of the token.")] = None
    models: Annotated[
        Annotated[tuple[ModelName, ...], Meta(min_length=1)] | None,
        Meta(description="Models the key may ask for; left out, all."),
    ] = None


class FileFormat(Common, frozen=True, kw_only=True):
    """The whole file."""

    state: Annotated[
        StateUrl | None,
        Meta(description="Where users, keys and agents are kept: SQLite or Postgres; left out, state.db in data_dir."),
    ] = None
    keys: Annotated[tuple[KeyEntry, ...], Meta(description="Keys that clients may use.")] = ()
