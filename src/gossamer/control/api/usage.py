"""/admin/v1/usage: how much was used, and what it cost. The recorder sums it up; here it is only read."""

import asyncio
import csv
import io
import sqlite3
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from gossamer.control.api.caller import Asking
from gossamer.control.api.desk import AtDesk
from gossamer.control.api.openapi import refused
from gossamer.control.api.shapes.usage import UsageAsk, UsageListOut, UsageOut, bounds_of
from gossamer.core.errors import InvalidRequest, Unavailable
from gossamer.projections.paths import usage_path
from gossamer.projections.usage.report import TooMuch, report

CSV: Final = "text/csv"

routes = APIRouter(prefix="/admin/v1/usage", tags=["usage"])


@routes.get(
    "",
    operation_id="report_usage",
    summary="Sum up use",
    response_model=UsageListOut,
    responses={**refused(400, 401, 403, 503), 200: {"content": {CSV: {}}}},
)
async def report_usage(
    request: Request, caller: Asking, desk: AtDesk, ask: Annotated[UsageAsk, Query()]
) -> UsageListOut | Response:
    """A member finds what its own keys used. `Accept: text/csv` gives a table for a spreadsheet."""
    if ask.since is not None and ask.until is not None and ask.until <= ask.since:
        raise InvalidRequest("`until` must be later than `since`.", param="until")
    asked = ask.asked(caller.owner, desk.moment())
    try:
        rows = await asyncio.to_thread(report, usage_path(desk.data_dir), asked)
    except TooMuch as error:
        raise InvalidRequest(f"{str(error)[0].upper()}{str(error)[1:]}.", param="by") from error
    except sqlite3.Error as error:
        raise Unavailable(f"What was used cannot be read ({error}). Try again.", retry_after_s=1.0) from error
    data = [UsageOut.of(row) for row in rows]
    if CSV in request.headers.get("accept", ""):
        return Response(_table(data), media_type=CSV)
    since, until = bounds_of(asked)
    return UsageListOut(data=data, since=since, until=until)


def _table(data: list[UsageOut]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(UsageOut.model_fields), lineterminator="\r\n")
    writer.writeheader()
    for each in data:
        writer.writerow({name: _plain(value) for name, value in each.model_dump(mode="json").items()})
    return text.getvalue()


def _plain(value: object) -> object:
    """A spreadsheet takes what begins so for a formula, and names are others' to choose."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
