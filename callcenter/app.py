"""The web application: routers of all domains, error handling, health, events."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from callcenter.accounts.admin_routes import router as users
from callcenter.accounts.routes import router as accounts
from callcenter.accounts.web import CurrentUser
from callcenter.appraisal.routes import router as appraisal
from callcenter.assist.routes import router as assist
from callcenter.briefs.routes import public_router as public_reports
from callcenter.briefs.routes import router as reports
from callcenter.calls.routes import router as calls
from callcenter.calls.telephony import Telephony
from callcenter.city.routes import router as city_tables
from callcenter.core.error_schemas import document_refusals
from callcenter.core.security import Permission, require
from callcenter.core.web import event_stream, install_error_handlers, install_turns
from callcenter.directory.routes import router as directory
from callcenter.duty.contact_routes import router as duty_contacts
from callcenter.duty.forecast_routes import router as forecast
from callcenter.duty.media_routes import router as duty_media
from callcenter.duty.missed_routes import router as missed
from callcenter.duty.routes import public_router as public_duty
from callcenter.duty.routes import router as duty
from callcenter.duty.swap_routes import router as duty_swaps
from callcenter.finding.routes import router as finding
from callcenter.followups.public_routes import router as public_followups
from callcenter.followups.routes import of_tickets as followups_of_tickets
from callcenter.followups.routes import router as followups
from callcenter.health import HealthOut, check_health
from callcenter.knowledge.public_routes import router as public_knowledge
from callcenter.knowledge.routes import router as knowledge
from callcenter.linkage.routes import router as linkage
from callcenter.messages.hook_routes import router as webhooks
from callcenter.messages.routes import router as messages
from callcenter.operators.routes import router as operators
from callcenter.pages import mount_pages
from callcenter.prompts.routes import router as prompts
from callcenter.quality.routes import router as quality
from callcenter.records import router as records
from callcenter.reports.routes import figures_router as figures
from callcenter.reports.routes import router as wallboard
from callcenter.reports.today import router as own_day
from callcenter.routing.routes import router as routing
from callcenter.routing.workbench_routes import router as workbench
from callcenter.settings import get_settings
from callcenter.steering.routes import router as steering
from callcenter.supervision.routes import router as supervision
from callcenter.surveys.routes import router as surveys
from callcenter.tickets.calendar_routes import router as deadline_moves
from callcenter.tickets.catalogue_routes import router as dispatch_catalogue
from callcenter.tickets.desk import router as dispatch_desk
from callcenter.tickets.dispute_routes import router as disputes
from callcenter.tickets.draft_routes import router as ticket_drafts
from callcenter.tickets.exchange_routes import router as ticket_tables
from callcenter.tickets.file_routes import router as ticket_files
from callcenter.tickets.routes import router as tickets
from callcenter.trail import router as audit_trail
from callcenter.transcripts.routes import router as transcripts
from callcenter.warnings.routes import router as warnings

system = APIRouter(tags=["system"])


@system.get("/api/health")
def health(response: Response) -> HealthOut:
    """What works and what does not, with what to do; 503 only when the database is away."""
    state = check_health()
    response.status_code = 200 if state.database.ok else 503
    return state


@system.get("/metrics", include_in_schema=False)
def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


HEARD_WITH = {
    "tickets": Permission.TICKET_READ,
    "ticket": Permission.TICKET_READ,
    "notices": Permission.KNOWLEDGE_READ,
    "knowledge": Permission.KNOWLEDGE_READ,
    "unit": Permission.KNOWLEDGE_READ,
    "messages": Permission.TICKET_READ,
    "followups": Permission.FOLLOWUP_WORK,
    "followup": Permission.FOLLOWUP_WORK,
    "help": Permission.SEAT_STEER,
    "banners": Permission.STATE_READ,
    "quality": Permission.QUALITY_REVIEW,
    "appraisal": Permission.APPRAISAL_READ,
    "reports": Permission.REPORT_READ,
    "warnings": Permission.WARNING_HANDLE,
    "rules": Permission.RULES_READ,
    "users": Permission.ADMIN,
}
"""What it takes to hear of a topic; of everything else, reading calls."""
Topics = Annotated[list[str], Query(min_length=1, max_length=20)]


def may_hear(user: CurrentUser, topics: Topics) -> None:
    for topic in topics:
        require(user, HEARD_WITH.get(topic.partition(":")[0], Permission.CALL_READ))


@system.get("/api/events", response_class=EventSourceResponse)
async def events(
    _allowed: Annotated[None, Depends(may_hear)],
    topics: Topics,
) -> AsyncIterator[ServerSentEvent]:
    """Hints that something changed: `topics=calls&topics=call:<id>`. Fetch again on reconnect."""
    async for event in event_stream(frozenset(topics)):
        yield event


ROUTERS = (
    accounts,
    users,
    audit_trail,
    directory,
    operators,
    calls,
    records,
    # Before the tickets: its paths would be taken for a ticket's number.
    ticket_tables,
    ticket_files,
    tickets,
    ticket_drafts,
    dispatch_desk,
    disputes,
    deadline_moves,
    dispatch_catalogue,
    supervision,
    steering,
    quality,
    messages,
    webhooks,
    surveys,
    followups,
    followups_of_tickets,
    public_followups,
    wallboard,
    own_day,
    figures,
    appraisal,
    reports,
    public_reports,
    warnings,
    transcripts,
    assist,
    routing,
    workbench,
    city_tables,
    finding,
    prompts,
    knowledge,
    public_knowledge,
    duty,
    duty_contacts,
    duty_media,
    duty_swaps,
    linkage,
    forecast,
    missed,
    public_duty,
    system,
)


def create_app(telephony: Telephony | None = None) -> FastAPI:
    """The application; `main.py` gives it what it talks to. Without telephony, whatever needs it answers 503."""
    app = FastAPI(title="12345 政务服务便民热线", version="0.1.0")
    app.state.telephony = telephony
    install_turns(app)
    install_error_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    document_refusals(app)
    mount_pages(app, get_settings().pages_dir)
    return app
