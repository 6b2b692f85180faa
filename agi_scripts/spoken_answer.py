"""`spoken_answer`: what the citizen said to a question of the callback, as the key that would say the same."""

from datetime import datetime

from sqlalchemy.orm import Session

from agi_scripts.channel import AGIError, Channel
from callcenter.followups.lifecycle import Subject
from callcenter.followups.spoken import key_for
from callcenter.pbx.names import Variable


def run(channel: Channel, session: Session) -> None:
    """Nothing understood: the variable stays empty and the question is put again."""
    attempt_id, question, asked = channel.arguments(3)
    try:
        subject, since = Subject(question), datetime.fromisoformat(asked)
    except ValueError as error:
        raise AGIError(f"not a question of ours: {question!r} {asked!r}") from error
    channel.set({Variable.SPOKEN: key_for(session, attempt_id=attempt_id, subject=subject, since=since)})
