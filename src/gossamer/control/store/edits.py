"""What a change may change, noun by noun. A member that is left out (UNSET) stays as it is; None is a value."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from gossamer.control.nouns import Role, Scope
from gossamer.core.allowance import Limits


class UserEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A new password, and the end of being active, end all log-ins of the user."""

    email: str | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    password: str | UnsetType = UNSET


class KeyEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A revoked key can be edited like another, but never comes back."""

    name: str | UnsetType = UNSET
    scopes: tuple[Scope, ...] | UnsetType = UNSET
    models: frozenset[str] | UnsetType | None = UNSET
    agents: frozenset[str] | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    expires_at: datetime | UnsetType | None = UNSET


class AgentEdit(msgspec.Struct, frozen=True, kw_only=True):
    name: str | UnsetType = UNSET
    models: frozenset[str] | UnsetType | None = UNSET
    default_model: str | UnsetType | None = UNSET
    limits: Limits | UnsetType = UNSET
    directive_id: str | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET
    metadata: dict[str, str] | UnsetType = UNSET


class DirectiveEdit(msgspec.Struct, frozen=True, kw_only=True):
    """Its versions have verbs of their own."""

    name: str | UnsetType = UNSET
