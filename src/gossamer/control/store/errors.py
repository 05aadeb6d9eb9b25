"""What the store can answer instead of what was asked. Each says what to do; none carries a secret."""


class StoreError(Exception):
    """What went wrong, in a sentence for whoever asked."""


class Missing(StoreError):
    """There is no such thing, or none that this owner may see: the two are never told apart."""

    def __init__(self, noun: str, thing_id: str) -> None:
        super().__init__(f"there is no {noun} {thing_id}")
        self.noun = noun
        self.thing_id = thing_id


class Conflict(StoreError):
    """Somebody else was faster: the thing is at another version than the change was made for."""

    def __init__(self, version: int) -> None:
        super().__init__(f"it has changed since, and is at version {version} now: read it again")
        self.version = version


class Taken(StoreError):
    """Something that only one may have is somebody's already. `what` is the member: email, digest."""

    def __init__(self, what: str) -> None:
        super().__init__(f"this {what} is taken: choose another")
        self.what = what


class Closed(StoreError):
    """The door that was asked for is not open any more: there is a first user already, an invite has been used."""


class LastAdmin(StoreError):
    """Nobody would be left who could change anything."""

    def __init__(self) -> None:
        super().__init__("this is the last active admin: make somebody else one first")


class InUse(StoreError):
    """Others lean on it: it cannot go before they do without."""

    def __init__(self, noun: str, thing_id: str) -> None:
        super().__init__(f"the {noun} {thing_id} uses it: change that first")
        self.noun = noun
        self.thing_id = thing_id


class Broken(StoreError):
    """What went before it was deleted: it can be read, and not gone on from."""

    def __init__(self, missing_id: str) -> None:
        super().__init__(f"{missing_id}, which went before it, was deleted")
        self.missing_id = missing_id


class Oversized(StoreError):
    """It has more in it than the settings let grow together."""

    def __init__(self, items: int, size_bytes: int) -> None:
        super().__init__(f"it has {items} items and {size_bytes} bytes: begin anew")
        self.items = items
        self.size_bytes = size_bytes


class NothingEarlier(StoreError):
    """There is no version to go back to."""


class Unfilled(StoreError):
    """An agent has not what its directive needs."""

    def __init__(self, agent_id: str, names: tuple[str, ...]) -> None:
        super().__init__(f"the metadata of the agent {agent_id} lacks {', '.join(names)}")
        self.agent_id = agent_id
        self.names = names


class Unfit(StoreError):
    """A value that no database can keep, such as text with a NUL character in it."""


class StoreUnavailable(StoreError):
    """The database cannot be asked now. Says nothing about what was asked, and may pass by itself."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the state store cannot be asked: {reason}")
        self.reason = reason


class WrongSchema(StoreUnavailable):
    """The tables are of another version than this program: somebody has to migrate one or upgrade the other."""
