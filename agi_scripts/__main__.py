"""`python -m agi_scripts`: the FastAGI server alone, as `callcenter agi` starts it."""

from agi_scripts.server import serve
from callcenter.core import db, log
from callcenter.settings import get_settings

if __name__ == "__main__":
    settings = get_settings()
    log.configure("agi", json=True)
    db.bind(db.make_engine(settings.sql_url))
    serve(settings)
