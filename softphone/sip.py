"""SIP messages, their digest answers (RFC 3261, RFC 8760) and the session descriptions (RFC 4566) phones exchange."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

_COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}
PHRASES = {
    100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 404: "Not Found", 405: "Method Not Allowed",
    408: "Request Timeout", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 486: "Busy Here",
    487: "Request Terminated", 488: "Not Acceptable Here", 503: "Service Unavailable", 603: "Decline",
}  # fmt: skip


@dataclass
class Message:
    """A request or a response; header names are matched without regard to case."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    @classmethod
    def parse(cls, data: bytes) -> "Message":
        """Raises ValueError on what is not SIP."""
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        start, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        message = cls(start, headers, body)
        sequence, shape = message.get("CSeq"), r"SIP/2\.0 \d{3}( .*)?|\S+ \S+ SIP/2\.0"
        if not re.fullmatch(shape, start) or not re.fullmatch(r"\d+ +\S+", sequence) or not message.get("Call-ID"):
            raise ValueError("not a SIP message")
        return message

    def encode(self) -> bytes:
        body = self.body.encode()
        lines = [self.start, *(f"{n}: {v}" for n, v in self.headers), f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    @property
    def status(self) -> int:
        """The status of a response, 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def phrase(self) -> str:
        return self.start.split(" ", 2)[-1]

    @property
    def uri(self) -> str:
        return self.start.split()[1]

    @property
    def cseq(self) -> int:
        return int(self.get("CSeq").split()[0])

    @property
    def method(self) -> str:
        """Of a response: the method it answers."""
        return self.get("CSeq").split()[-1] if self.status else self.start.split()[0]

    @property
    def branch(self) -> str:
        return parameter(self.get("Via"), "branch")

    def all(self, name: str) -> list[str]:
        wanted = name.lower()
        return [v for n, v in self.headers if _COMPACT.get(n.lower(), n.lower()) == wanted]

    def get(self, name: str) -> str:
        """The first value of a header, empty where it is absent."""
        return next(iter(self.all(name)), "")

    def response(self, status: int, *, to_tag: str = "") -> "Message":
        """The response to this request, without Contact and body."""
        headers = [("Via", via) for via in self.all("Via")] + [("From", self.get("From"))]
        to = self.get("To")
        headers.append(("To", to if not to_tag or parameter(to, "tag") else f"{to};tag={to_tag}"))
        headers += [("Call-ID", self.get("Call-ID")), ("CSeq", self.get("CSeq"))]
        return Message(f"SIP/2.0 {status} {PHRASES.get(status, 'Response')}", headers)


def parameter(value: str, name: str) -> str:
    found = re.search(rf";\s*{name}\s*=\s*([^;>,\s]+)", value, re.IGNORECASE)
    return found.group(1) if found else ""


def address(value: str) -> str:
    """The URI inside a From, To or Contact header."""
    found = re.search(r"<([^>]*)>", value)
    return found.group(1) if found else value.partition(";")[0].strip()


def user_of(value: str) -> str:
    """The user part of the URI in a header."""
    found = re.match(r"sips?:([^@;]+)@", address(value))
    return found.group(1) if found else ""


def new_branch() -> str:
    return "z9hG4bK" + secrets.token_hex(8)


def digest_answer(response: Message, *, method: str, uri: str, user: str, password: str) -> tuple[str, str] | None:
    """The header that answers a 401 or 407, None for any other response and for a digest we cannot compute."""
    if response.status not in (401, 407):
        return None
    asks, answers = (
        ("WWW-Authenticate", "Authorization")
        if response.status == 401
        else ("Proxy-Authenticate", "Proxy-Authorization")
    )
    hashes = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
    for challenge in response.all(asks):
        given = {k.lower(): v.strip('"') for k, v in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', challenge)}
        algorithm = given.get("algorithm", "MD5").upper()
        if algorithm not in hashes:
            continue

        def h(text: str, use: str = algorithm) -> str:
            return hashes[use](text.encode()).hexdigest()

        realm, nonce, qop = given.get("realm", ""), given.get("nonce", ""), "auth" in given.get("qop", "").split(",")
        cnonce = secrets.token_hex(8)
        middle = f"{nonce}:00000001:{cnonce}:auth" if qop else nonce
        answer = h(f"{h(f'{user}:{realm}:{password}')}:{middle}:{h(f'{method}:{uri}')}")
        fields = f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{answer}"'
        fields += f", algorithm={algorithm}"
        if qop:
            fields += f', qop=auth, nc=00000001, cnonce="{cnonce}"'
        if "opaque" in given:
            fields += f', opaque="{given["opaque"]}"'
        return answers, fields
    return None


@dataclass(frozen=True)
class MediaTarget:
    """Where and how the far end wants its sound."""

    ip: str
    port: int
    direction: str
    event_type: int | None

    @property
    def wants_sound(self) -> bool:
        return self.port != 0 and self.ip != "0.0.0.0" and self.direction in ("sendrecv", "recvonly")


def write_sdp(ip: str, port: int, *, direction: str = "sendrecv", version: int = 1, event_type: int = 101) -> str:
    return (
        f"v=0\r\no=softphone 1 {version} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 8 {event_type}\r\na=rtpmap:8 PCMA/8000\r\n"
        f"a=rtpmap:{event_type} telephone-event/8000\r\na=fmtp:{event_type} 0-15\r\na=ptime:20\r\na={direction}\r\n"
    )


def read_sdp(body: str) -> MediaTarget | None:
    """None where there is no sound in A-law to be had."""
    media = re.search(r"^m=audio (\d+) \S+ (.*)$", body, re.MULTILINE)
    ip = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    if not media or not ip or "8" not in media.group(2).split():
        return None
    direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)", body, re.MULTILINE)
    event = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", body, re.MULTILINE)
    return MediaTarget(
        ip.group(1),
        int(media.group(1)),
        direction.group(1) if direction else "sendrecv",
        int(event.group(1)) if event else None,
    )
