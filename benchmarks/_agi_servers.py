"""The FastAGI servers `agi_sessions` compares, each as a process: `python -m benchmarks._agi_servers NAME PORT DB`.

All run the same script: three arguments in, the same look-ups (or none: NAME ends in `-bare`), five variables out with
one command.
"""

import asyncio
import contextlib
import io
import socketserver
import sys
import threading
from typing import Any

import asterisk.agi
import panoramisk.fast_agi
import pystrix.agi

from agi_scripts import route_call
from agi_scripts import server as ours
from callcenter.calls.arrival import Route, arrive
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.directory.lines import Line
from callcenter.pbx.names import Variable
from callcenter.tables import load_models

PASSED = ("agi_arg_1", "agi_arg_2", "agi_arg_3")
FIXED = Route(Line("12345", "热线", "12345"), "q12345", 0, "greeting", False, 0)


def look_up(call_id: str, did: str, caller: str) -> Route:
    if BARE:
        return FIXED
    with db.reading() as session:
        return arrive(session, call_id=call_id, did=did, caller_number=caller or None, at=now())


def told(route: Route) -> str:
    values = {
        Variable.QUEUE: route.queue,
        Variable.PRIORITY: route.priority,
        Variable.GREETING: route.greeting,
        Variable.BLOCKED: int(route.blocked),
        Variable.DONE: 1,
    }
    return ",".join(f"{name}={value}" for name, value in values.items())


def serve_ours(port: int) -> None:
    if BARE:
        ours.reading = contextlib.nullcontext  # type: ignore[assignment]
        route_call.arrive = lambda *_, **__: FIXED  # type: ignore[assignment]
    with ours.AgiServer(("127.0.0.1", port), seconds=1.8):
        threading.Event().wait()


def serve_pyst2(port: int) -> None:
    """pyst2's AGI in a threaded server as its own `fastagi`, which no longer imports, would be."""

    class Repaired(asterisk.agi.AGI):
        def __init__(self, stdin: Any, stdout: Any) -> None:  # without the signal handler and the log on stderr
            self.stdin, self.stdout, self.stderr = stdin, stdout, io.StringIO()
            self._got_sighup, self.env = False, {}
            self._get_agi_env()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            agi = Repaired(self.rfile, io.TextIOWrapper(self.wfile, "utf-8"))  # type: ignore[type-var]
            agi.appexec("MSet", told(look_up(*(agi.env[name] for name in PASSED))))
            agi.stdout.detach()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True
        block_on_close = False
        request_queue_size = 1024

    Server(("127.0.0.1", port), Handler).serve_forever()


def serve_panoramisk(port: int) -> None:
    async def route_call(request: Any) -> None:
        passed = [request.headers[name] for name in PASSED]
        # The database blocks: on the loop itself one slow look-up would hold up every caller.
        route = look_up(*passed) if BARE else await asyncio.to_thread(look_up, *passed)
        await request.send_command(f'EXEC MSet "{told(route)}"')

    async def main() -> None:
        application = panoramisk.fast_agi.Application(loop=asyncio.get_running_loop())
        application.add_route("route_call", route_call)
        await asyncio.start_server(application.handler, "127.0.0.1", port, backlog=1024)
        await asyncio.Event().wait()

    asyncio.run(main())


def serve_pystrix(port: int) -> None:
    def route_call(agi: Any, passed: tuple[str, ...], *_: Any) -> None:
        agi.execute(pystrix.agi.core.Exec("MSet", (told(look_up(*passed)),)))

    server = pystrix.agi.FastAGIServer("127.0.0.1", port)
    server.register_script_handler("route_call", route_call)
    server.serve_forever()


SERVERS = {"ours": serve_ours, "pyst2": serve_pyst2, "panoramisk": serve_panoramisk, "pystrix": serve_pystrix}
BARE = len(sys.argv) > 1 and sys.argv[1].endswith("-bare")

if __name__ == "__main__":
    load_models()
    db.bind(db.make_engine(sys.argv[3]))
    SERVERS[sys.argv[1].removesuffix("-bare")](int(sys.argv[2]))
