"""Directives: system prompts with a name, and their versions."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from gossamer.control.api.shapes.pages import PageAsk
from gossamer.control.api.shapes.values import Ask, Change, Id, Moment, Name, Search, Shape, Unsaid, Version
from gossamer.control.nouns import Directive, DirectiveVersion
from gossamer.control.store.page import DirectiveFilter
from gossamer.core.directives import Source, Variable
from gossamer.policy.template import NAME_FORM, VALUE_CHARS

TEXT_CHARS = 50_000
"""What the body of one request may hold beside the rest."""


def whole_characters(text: str) -> str:
    """JSON can escape half a character, which no database keeps."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("this has half a character in it") from None
    return text


VariableName = Annotated[str, StringConstraints(pattern=f"^{NAME_FORM}$")]
Value = Annotated[str, StringConstraints(max_length=VALUE_CHARS), AfterValidator(whole_characters)]
Metadata = Annotated[dict[VariableName, Value], Field(max_length=100)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_CHARS), AfterValidator(whole_characters)]
Note = Annotated[str, StringConstraints(max_length=1000), AfterValidator(whole_characters)]
Number = Annotated[int, Field(ge=1, le=1_000_000_000)]


class VariableIn(Ask):
    """What a `{name}` in the text is filled with."""

    source: Annotated[
        Source, Field(description="`agent`: the agent's metadata. `request`: `X-Gossamer-Metadata`; needs a default.")
    ] = "agent"
    default: Annotated[Value | None, Field(description="null: every agent must have a value.")] = None


Variables = Annotated[dict[VariableName, VariableIn], Field(max_length=100)]


class VersionNew(Ask):
    """A text, for good."""

    text: Annotated[Text, Field(description="The prompt. `{name}` is filled; `{{` and `}}` are single brackets.")]
    variables: Annotated[Variables, Field(default_factory=dict, description="Each name in the text, and no other.")]
    note: Annotated[Note, Field(description="Why, for whoever reads the list.")] = ""
    activate: Annotated[bool, Field(description="Whether it is in force at once.")] = True

    @property
    def declared(self) -> dict[str, Variable]:
        return {name: Variable(one.source, one.default) for name, one in self.variables.items()}


class DirectiveNew(VersionNew):
    """With its first version."""

    name: Annotated[Name, Field(description="One of a name for each user.")]
    user_id: Annotated[
        Id | None, Field(description="Whose it is. Left out: whoever asks; an admin may name others, or null: nobody.")
    ] = None


class DirectiveChange(Change):
    """What is left out stays."""

    name: Name | Unsaid = None


class Activation(Ask):
    """Which version is to be in force."""

    number: Number


class DirectiveOut(Shape):
    """Its versions are below it."""

    id: str
    user_id: Annotated[str | None, Field(description="null: nobody's; only admins see it, any agent may have it.")]
    name: str
    active: Annotated[int | None, Field(description="The number of the version in force; null: none.")]
    earlier: Annotated[list[int], Field(description="Those in force before, the last one last: a roll-back's way.")]
    latest: Annotated[int, Field(description="The number of the newest version.")]
    created_at: Moment
    updated_at: Moment
    version: Version

    @classmethod
    def of(cls, directive: Directive) -> "DirectiveOut":
        return cls(
            id=directive.id,
            user_id=directive.user_id,
            name=directive.name,
            active=directive.active,
            earlier=list(directive.earlier),
            latest=directive.latest,
            created_at=directive.created_at,
            updated_at=directive.updated_at,
            version=directive.version,
        )


class VariableOut(Shape):
    """What a `{name}` in the text is filled with."""

    source: Source
    default: str | None


class VersionOut(Shape):
    """One text of a directive. It never changes."""

    number: int
    text: str
    variables: dict[str, VariableOut]
    author: Annotated[str, Field(description="Who saved it: user, key or operator, and the id.")]
    note: str
    created_at: Moment

    @classmethod
    def of(cls, version: DirectiveVersion) -> "VersionOut":
        return cls(
            number=version.number,
            text=version.text,
            variables={
                name: VariableOut(source=one.source, default=one.default) for name, one in version.variables.items()
            },
            author=version.author,
            note=version.note,
            created_at=version.created_at,
        )


class VersionListOut(Shape):
    """The newest first, a thousand at most."""

    data: list[VersionOut]


class DirectiveAsk(PageAsk):
    """All that is given must hold."""

    name: Annotated[Name | None, Field(description="The whole name.")] = None
    search: Annotated[Search | None, Field(description="A part of the name.")] = None
    user_id: Id | None = None

    @property
    def filters(self) -> DirectiveFilter:
        return DirectiveFilter(name=self.name, search=self.search, user_id=self.user_id)


class DiffAsk(Ask):
    """Two versions."""

    old: Annotated[Number | None, Field(description="Left out: the one in force.")] = None
    new: Annotated[Number | None, Field(description="Left out: the newest.")] = None


class DiffOut(Shape):
    """What differs between two texts, as `diff -u` writes it; empty where nothing does."""

    old: int
    new: int
    diff: str
