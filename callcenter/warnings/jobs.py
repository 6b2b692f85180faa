"""The sweep that looks for what stands out; each finding is a unit of work, so that one failure harms no other."""

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.log import get_logger
from callcenter.core.work import sweep
from callcenter.settings import get_settings
from callcenter.warnings import looking, service
from callcenter.warnings.city import readers, risk_words

log = get_logger(__name__)


@sweep(seconds=600)
def look_out() -> None:
    """Raise what is new, and remind of what nobody has read."""
    folder = get_settings().rules_dir
    words, chosen = risk_words(folder), readers(folder)
    with db.reading() as session:
        findings = looking.look(session, at=now(), words=words)
    raised = 0
    for finding in findings:
        with db.unit_of_work() as session:
            raised += service.raise_(session, finding=finding, readers=chosen) is not None
    with db.unit_of_work() as session:
        service.remind(session)
    if raised:
        log.info("warnings raised", count=raised)
