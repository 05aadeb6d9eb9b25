"""What all lists have in common: how much of them is wanted, and from where on."""

from typing import Annotated, Generic, TypeVar

from pydantic import ConfigDict, Field

from gossamer.control.api.shapes.values import Ask, Id, Shape
from gossamer.control.store.page import PAGE_DEFAULT, PAGE_MOST, Page

Item = TypeVar("Item")


class PageAsk(Ask):
    """`next` of one page is `after` of the following."""

    limit: Annotated[int, Field(ge=1, le=PAGE_MOST, description="How many at most.")] = PAGE_DEFAULT
    after: Annotated[Id | None, Field(description="The `next` of the page before.")] = None

    @property
    def page(self) -> Page:
        return Page(self.limit, self.after)


class PageOut(Shape, Generic[Item]):
    """Newest first."""

    model_config = ConfigDict(frozen=True)

    data: list[Item]
    next: Annotated[str | None, Field(description="`after` of the next page; null: there is nothing more.")]
