"""A simulated city has nothing unusual in it, so nothing is to be warned of."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from callcenter.core import db
from callcenter.settings import get_settings
from callcenter.warnings import looking
from callcenter.warnings.city import risk_words
from tests.simulation.conftest import DAYS, FIRST

pytestmark = [pytest.mark.db, pytest.mark.timeout(1800)]


def test_a_quiet_month_raises_no_burst(city: Engine) -> None:
    """Looked at on the last minute of each day from the third week on: no false alarm among some 400 cells a day."""
    db.bind(db.make_engine(str(city.url)))
    words, keys = risk_words(get_settings().rules_dir), set()
    with db.reading() as session:
        for day in range(18, DAYS):
            at = FIRST + timedelta(days=day + 1, minutes=-1)
            keys |= {finding.key for finding in looking.look(session, at=at, words=words)}
    assert not [key for key in keys if key.startswith("burst")]
