"""pyst2's AGI made safe for a threaded server: quoting, hang-ups, limits on what is read, nothing on stderr."""

import io
import socket

from asterisk.agi import AGI, AGIAppError, AGIError, AGIHangup, AGIInvalidCommand, AGIUsageError

from callcenter.pbx.names import Variable

__all__ = ["AGIError", "AGIHangup", "Channel"]

LONGEST_LINE = 4096
MOST_LINES = 100
"""Asterisk sends about 25 lines before a script begins; whoever sends more is not Asterisk."""
DEAD_CHANNEL = 511
TRYING = 100


class _Silence(io.TextIOBase):
    """pyst2 prints every line it reads, callers' numbers included."""

    def write(self, text: str) -> int:
        return len(text)


class Channel(AGI):
    """One FastAGI session. `AGIHangup` is the normal end whenever the caller or Asterisk goes away."""

    def __init__(self, connection: socket.socket) -> None:
        # Not AGI.__init__: it installs a signal handler, which only the main thread may do.
        stream = connection.makefile("rwb")
        self.stdin, self.stdout, self.stderr = stream, stream, _Silence()
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()

    @property
    def script(self) -> str:
        """Name in the request, `agi://host/route_call` → `route_call`."""
        return self.env.get("agi_network_script", "")

    def get(self, variable: Variable) -> str:
        """Value of a dialplan variable; empty when it is not set."""
        result = self.execute("GET VARIABLE", self._quote(variable))
        value: str = result["result"][1]
        return value

    def set(self, variable: Variable, value: object) -> None:
        self.execute("SET VARIABLE", self._quote(variable), self._quote(value))

    def _get_agi_env(self) -> None:
        for _ in range(MOST_LINES):
            line = self._line()
            if not line:
                return
            key, _, value = line.partition(":")
            self.env[key.strip()] = value.strip()
        raise AGIError("no end of the session's header")

    def _line(self) -> str:
        try:
            line: bytes = self.stdin.readline(LONGEST_LINE)
        except OSError as error:
            raise AGIHangup(str(error)) from error
        if not line.endswith(b"\n"):
            raise AGIHangup("the connection ended" if len(line) < LONGEST_LINE else "a line without end")
        return line.decode("utf-8", "replace").strip()

    def _quote(self, value: object) -> str:
        """A line break would end the command and start another: the protocol has no way to send one."""
        text = str(value).replace("\\", "\\\\").replace('"', '\\"')
        return '"' + " ".join(text.splitlines()).replace("\x00", "") + '"'

    def send_command(self, command: str, *args: object) -> None:
        try:
            self.stdout.write((" ".join([command, *map(str, args)]) + "\n").encode())
            self.stdout.flush()
        except OSError as error:
            raise AGIHangup(str(error)) from error

    def get_result(self, stdin: object = None) -> dict[str, tuple[str, str]]:
        """Answer to the last command as pyst2 gives it: `{"result": (value, data)}`."""
        code, text = self._answer()
        if code == 510:
            raise AGIInvalidCommand(text)
        if code == 520:
            raise AGIUsageError(text)
        if code == DEAD_CHANNEL:
            raise AGIHangup(text)
        if code != 200 or not text.startswith("result="):
            raise AGIError(f"unexpected answer {code}")
        value, _, data = text.removeprefix("result=").partition(" ")
        if value == "-1":
            raise AGIHangup("hung up while the command ran") if data == "(hangup)" else AGIAppError("it failed")
        return {"result": (value, data.removeprefix("(").removesuffix(")"))}

    def _answer(self) -> tuple[int, str]:
        """Code and text of the next answer. `HANGUP` may come at any time and answers nothing."""
        while True:
            line = self._line()
            if line == "HANGUP":
                self._got_sighup = True
                continue
            code, separator, text = line[:3], line[3:4], line[4:]
            if not code.isdecimal() or separator not in (" ", "-"):
                raise AGIError("not an answer of Asterisk")
            if separator == "-":
                self._skip_usage(code)
            if int(code) != TRYING:
                return int(code), text

    def _skip_usage(self, code: str) -> None:
        for _ in range(MOST_LINES):
            if self._line().startswith(f"{code} "):
                return
        raise AGIError("no end of the usage text")
