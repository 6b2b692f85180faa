"""pyst2's AGI made safe for a threaded server: quoting, hang-ups, limits on what is read, nothing on stderr."""

import io
import re
import socket
from collections.abc import Mapping

from asterisk.agi import AGI, AGIAppError, AGIError, AGIHangup, AGIInvalidCommand, AGIUsageError

from callcenter.pbx.names import Variable

__all__ = ["AGIError", "AGIHangup", "Channel"]

LONGEST_HEADER = 16384
LONGEST_LINE = 4096
LONGEST_USAGE = 100
"""Lines; Asterisk sends fewer of each, and shorter ones. Whoever sends more is not Asterisk."""
PLAIN = re.compile(r"[\w./&+*# -]*")
"""No comma, quote, backslash, dollar or line break: nothing that the dialplan or the protocol reads as its own."""
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
        self._connection = connection
        self._received = b""
        self.stderr = _Silence()
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()

    @property
    def script(self) -> str:
        """Name in the request, `agi://host/route_call` → `route_call`."""
        return self.env.get("agi_network_script", "")

    def arguments(self, count: int) -> list[str]:
        """What the dialplan passed after the script's name; empty where it passed nothing."""
        return [self.env.get(f"agi_arg_{number}", "") for number in range(1, count + 1)]

    def set(self, values: Mapping[Variable, object]) -> None:
        """Set dialplan variables, all in one command: either all of them or none."""
        for value in values.values():
            if not PLAIN.fullmatch(str(value)):
                raise ValueError(f"not a value for the dialplan: {value!r}")
        pairs = ",".join(f"{name}={value}" for name, value in values.items())
        result, _ = self.execute("EXEC", "MSet", self._quote(pairs))["result"]
        if result != "0":
            raise AGIError(f"variables not set: {result}")

    def _get_agi_env(self) -> None:
        while (end := self._received.find(b"\n\n")) < 0:
            if len(self._received) > LONGEST_HEADER:
                raise AGIError("no end of the session's header")
            self._receive()
        header, self._received = self._received[:end].decode("utf-8", "replace"), self._received[end + 2 :]
        for line in header.split("\n"):
            key, _, value = line.partition(":")
            self.env[key.strip()] = value.strip()

    def _receive(self) -> None:
        try:
            more = self._connection.recv(LONGEST_HEADER)
        except OSError as error:
            raise AGIHangup(str(error)) from error
        if not more:
            raise AGIHangup("the connection ended")
        self._received += more

    def _line(self) -> str:
        while (end := self._received.find(b"\n")) < 0:
            if len(self._received) > LONGEST_LINE:
                raise AGIError("a line without end")
            self._receive()
        line, self._received = self._received[:end], self._received[end + 1 :]
        return line.decode("utf-8", "replace").strip()

    def _quote(self, value: object) -> str:
        """A line break would end the command and start another: the protocol has no way to send one."""
        text = str(value).replace("\\", "\\\\").replace('"', '\\"')
        return '"' + " ".join(text.splitlines()).replace("\x00", "") + '"'

    def send_command(self, command: str, *args: object) -> None:
        try:
            self._connection.sendall((" ".join([command, *map(str, args)]) + "\n").encode())
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
        for _ in range(LONGEST_USAGE):
            if self._line().startswith(f"{code} "):
                return
        raise AGIError("no end of the usage text")
