"""Asterisk's side of FastAGI over TCP: says the header, answers commands from a dict, and misbehaves when told to."""

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

HEADER = {
    "agi_network": "yes",
    "agi_network_script": "route_call",
    "agi_request": "agi://127.0.0.1/route_call",
    "agi_channel": "PJSIP/trunk-00000001",
    "agi_language": "zh",
    "agi_type": "PJSIP",
    "agi_uniqueid": "hl1-1.1",
    "agi_version": "22.10.1",
    "agi_callerid": "13912345678",
    "agi_calleridname": "张三",
    "agi_context": "hotline",
    "agi_extension": "s",
    "agi_priority": "14",
    "agi_enhanced": "0.0",
    "agi_accountcode": "",
    "agi_threadid": "140000000000000",
}


@dataclass
class FakeAsterisk:
    """One call. `variables` is what the script sets, `commands` all it sent."""

    address: tuple[str, int]
    script: str = "route_call"
    arguments: Sequence[str] = ("7f0c", "12345", "13912345678")
    variables: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    answers: dict[int, bytes] = field(default_factory=dict)
    """Answer to the command of that number (from 0) instead of the right one."""
    hang_up_at: int | None = None
    """Close the connection when the command of this number has come."""

    @contextmanager
    def connected(self) -> Iterator[socket.socket]:
        with socket.create_connection(self.address, timeout=5) as connection:
            yield connection

    def header(self) -> bytes:
        passed = {f"agi_arg_{number}": value for number, value in enumerate(self.arguments, 1)}
        fields = HEADER | {"agi_network_script": self.script} | passed
        return ("".join(f"{key}: {value}\n" for key, value in fields.items()) + "\n").encode()

    def run(self) -> "FakeAsterisk":
        """Play the whole session until the server closes it."""
        with self.connected() as connection:
            connection.sendall(self.header())
            with connection.makefile("rb") as lines:
                for line in lines:
                    if len(self.commands) == self.hang_up_at:
                        break
                    number, command = len(self.commands), line.decode().rstrip("\n")
                    self.commands.append(command)
                    connection.sendall(self.answers.get(number) or self._answer(command))
        return self

    def _answer(self, command: str) -> bytes:
        if not (found := re.fullmatch(r'EXEC MSet "((?:[^"\\]|\\.)*)"', command)):
            return b"510 Invalid or unknown command\n"
        pairs = re.sub(r"\\(.)", r"\1", found.group(1)).split(",")
        self.variables |= {name: value for name, _, value in (pair.partition("=") for pair in pairs)}
        return b"200 result=0\n"
