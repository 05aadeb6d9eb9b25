"""/healthz and /readyz of the control process."""

from fastapi import APIRouter

from gossamer.control.api.desk import AtDesk
from gossamer.control.api.openapi import refused
from gossamer.control.api.shapes.health import Health

routes = APIRouter(tags=["health"])


@routes.get("/healthz", operation_id="health", summary="Does the process run?", responses=refused())
async def health() -> Health:
    """Says nothing of the store."""
    return Health(status="ok")


@routes.get("/readyz", operation_id="readiness", summary="Can the store be asked?", responses=refused(503))
async def readiness(desk: AtDesk) -> Health:
    """503 while it cannot."""
    await desk.store.revision()
    return Health(status="ready")
