"""The command line and the composition root: builds settings, database and PBX, and starts the roles."""

import json
import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from callcenter.appraisal.cli import app as appraise
from callcenter.assist.cli import returns
from callcenter.briefs.cli import report
from callcenter.city_tables import tables
from callcenter.core import db, log
from callcenter.core.audit_cli import app as audit
from callcenter.core.errors import HotlineError
from callcenter.duty.cli import app as forecast
from callcenter.knowledge.cli import app as knowledge
from callcenter.reports.cli import metrics
from callcenter.routing.workbench_cli import app as rules
from callcenter.settings import Settings, get_settings
from callcenter.simulation.cli import simulate
from callcenter.supervisor import Part, Supervisor
from callcenter.tickets.calendar_cli import calendar
from callcenter.tickets.cli import app as deadline
from callcenter.tickets.exchange_cli import app as tickets

app = typer.Typer(no_args_is_help=True, add_completion=False, help="12345 热线：一个命令管全部角色。")

app.command()(metrics)
app.command()(tables)
rules.command()(returns)
app.command()(simulate)
app.add_typer(deadline, name="deadline")
app.add_typer(tickets, name="tickets")
app.command()(report)
app.command()(simulate)
app.add_typer(deadline, name="deadline")
app.add_typer(appraise, name="appraise")
app.add_typer(audit, name="audit")
app.add_typer(rules, name="rules")
app.add_typer(knowledge, name="kb")
app.add_typer(forecast, name="forecast")
app.add_typer(calendar, name="calendar")


def _prepare(role: str) -> Settings:
    settings = get_settings()
    log.configure(role, json=not sys.stderr.isatty())
    db.bind(db.make_engine(settings.sql_url))
    return settings


@app.command()
def run() -> None:
    """启动整条热线（Ctrl-C 停止）。"""
    settings = get_settings()
    supervisor = Supervisor(_own_parts(settings), log_dir=settings.run_dir / "log")
    supervisor.run(
        when_ready=lambda: print(f"热线已就绪：http://{settings.web_host}:{settings.web_port}  （Ctrl-C 停止）")
    )


def _own_parts(settings: Settings) -> list[Part]:
    """Check ports, give all roles the same secrets and Redis, bring the database up to date."""
    from callcenter import parts

    parts.require_free_ports(settings)
    redis_port = None if settings.redis_url else parts.free_port()
    shared = parts.own_secrets(settings)
    if redis_port:
        shared["CALLCENTER_REDIS_URL"] = f"redis://127.0.0.1:{redis_port}/0"
    for name, value in shared.items():
        # Set but empty means not set, as everywhere in the settings.
        os.environ[name] = os.environ.get(name) or value
    get_settings.cache_clear()
    from callcenter.seed import seed_city
    from callcenter.upgrade import upgrade

    upgrade(settings.sql_url)
    db.bind(db.make_engine(settings.sql_url))
    seed_city(get_settings())
    return parts.parts(get_settings(), redis_port=redis_port)


@app.command()
def web() -> None:
    """只启动网页与接口。"""
    import uvicorn

    from callcenter.app import create_app
    from callcenter.pbx.control import connect

    settings = _prepare("web")
    uvicorn.run(create_app(connect(settings)), host=settings.web_host, port=settings.web_port, log_level="warning")


@app.command()
def agi() -> None:
    """只启动来电路由（FastAGI）。"""
    from agi_scripts.server import serve

    serve(_prepare("agi"))


@app.command()
def listen() -> None:
    """只启动话务事件监听。"""
    from callcenter.pbx.listener import serve

    serve(_prepare("listen"))


@app.command()
def work() -> None:
    """只启动后台任务。"""
    from callcenter.calls.telephony import Provided
    from callcenter.pbx.control import connect
    from callcenter.worker import serve

    settings = _prepare("work")
    Provided.telephony = connect(settings)
    serve(settings)


@app.command()
def asterisk() -> None:
    """只启动电话交换（前台运行解包的 Asterisk）。"""
    from callcenter.pbx.asterisk import run as run_asterisk

    run_asterisk(get_settings())


@app.command()
def migrate() -> None:
    """把数据库升级到当前版本。"""
    from callcenter.upgrade import upgrade

    upgrade(get_settings().sql_url)
    print("数据库已是最新。")


@app.command()
def seed(
    demo: Annotated[bool, typer.Option(help="同时建立演示账号，并列出账号和密码")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 列出账号")] = False,
) -> None:
    """载入城市数据（单位、号码、日历）；可重复执行。"""
    from callcenter.seed import seed_accounts, seed_city

    settings = _prepare("seed")
    seed_city(settings)
    accounts = seed_accounts(settings) if demo else {}
    if as_json:
        print(json.dumps(accounts))
        return
    for username, password in accounts.items():
        print(f"{username}\t{password}")
    print("城市数据已载入。")


@app.command()
def openapi() -> None:
    """打印接口说明（OpenAPI）。"""
    from callcenter.app import create_app

    print(json.dumps(create_app().openapi(), ensure_ascii=False, indent=1))


def cli() -> None:
    """Console entry: an expected error is one Chinese sentence and status 2, not a traceback."""
    _exit_plainly(app)


def _exit_plainly(command: Callable[[], None]) -> None:
    try:
        command()
    except HotlineError as error:
        print(error.message, file=sys.stderr)
        sys.exit(2)
