"""The command line and the composition root: builds settings, database and PBX, and starts the roles."""

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from callcenter.core import db, log
from callcenter.core.errors import HotlineError
from callcenter.settings import Settings, get_settings
from callcenter.supervisor import Part, Supervisor

TOOLS = {
    "metrics": "callcenter.reports.cli:metrics",
    "tables": "callcenter.city_tables:tables",
    "simulate": "callcenter.simulation.cli:simulate",
    "deadline": "callcenter.tickets.cli:app",
    "tickets": "callcenter.tickets.exchange_cli:app",
    "report": "callcenter.briefs.cli:report",
    "appraise": "callcenter.appraisal.cli:app",
    "audit": "callcenter.core.audit_cli:app",
    "rules": "callcenter.assist.cli:rules",
    "kb": "callcenter.knowledge.cli:app",
    "forecast": "callcenter.duty.cli:app",
    "calendar": "callcenter.tickets.calendar_cli:calendar",
}
"""Commands that are not roles, each read only when it is asked for: seconds that no role has to spend at its start."""


class Commands(TyperGroup):
    """The roles, defined below, and the tools."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *TOOLS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in TOOLS:
            return super().get_command(ctx, cmd_name)
        module, _, name = TOOLS[cmd_name].partition(":")
        tool = getattr(import_module(module), name)
        if isinstance(tool, typer.Typer):
            found = get_group(tool)
            found.name = cmd_name
            return found
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(tool)
        return get_command(alone)


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, help="12345 热线：一个命令管全部角色。")


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
