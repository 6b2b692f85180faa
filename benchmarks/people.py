"""People of a shift for the benchmarks: operators at their desks, citizens who call, each by plan.

What a caller wants stands in their plan, and the operator who gets them knows it by their number: so that a run holds
the mix it was planned with, whoever answers.
"""

import contextlib
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import httpx2

from callcenter.accounts import service as accounts
from callcenter.core import db
from callcenter.core.security import Role
from demo.api import Api, StepFailed
from softphone import CallLeg, Phone
from softphone.dialog import State
from softphone.errors import PhoneError
from softphone.sound import Samples
from tests.run.conftest import Running

TRUNK_IP = "127.0.0.2"
DESK_IP = "127.0.0.3"
WENT_WRONG = (PhoneError, StepFailed, httpx2.HTTPError)
"""What a person shrugs off: the call has ended meanwhile, a part of the hotline was away for a moment."""
LOOK_SECONDS = 3.0
"""How often an operator without a call looks whether the seat is ready."""
LONGEST_CALL_SECONDS = 240.0
GREETING_SECONDS = 9.0
"""Longer than the greeting lasts."""


class Kind(StrEnum):
    """What becomes of a caller."""

    TALK = "talk"
    CUT_SHORT = "cut_short"
    """Hangs up in the middle of the talk."""
    HELD = "held"
    """The operator presses the phone's hold key for a moment."""
    GIVES_UP = "gives_up"
    """Hangs up while it rings or waits."""
    HANGS_UP = "hangs_up"
    """Hangs up during the greeting."""
    CALLBACK = "callback"
    """Waits until the queue lets go of them, and asks to be called back."""
    MOVED = "moved"
    """Given to another queue."""
    THREE_WAY = "three_way"
    """A department is called in."""


@dataclass(frozen=True)
class Plan:
    """One call."""

    number: str
    at: float
    """Seconds after the start."""
    kind: Kind = Kind.TALK
    did: str = "12345"
    seconds: float = 2.0
    """How long they talk, or how patient they are."""


@dataclass
class Shift:
    """Operators at work; `stop` lets each finish what is in hand."""

    plans: dict[str, Plan]
    department: str
    """Start of the numbers of departments: each call has one of its own."""
    move_to: str = "qparty"
    voice: Samples | None = None
    """What everybody says, again and again; None: silence."""
    desks: list["Desk"] = field(default_factory=list)
    met: defaultdict[str, threading.Event] = field(default_factory=lambda: defaultdict(threading.Event))
    """By caller's number: an operator has answered."""
    served: defaultdict[str, threading.Event] = field(default_factory=lambda: defaultdict(threading.Event))
    """By caller's number: the operator is done with them."""
    done: threading.Event = field(default_factory=threading.Event)
    ordered: Counter[str] = field(default_factory=Counter)
    """How often operators have asked for each department; whoever gets a caller back in the queue asks again."""
    accepted: Counter[str] = field(default_factory=Counter)
    """How often the hotline said that it would ring it."""

    def stop(self) -> None:
        self.done.set()
        for desk in self.desks:
            desk.join(60)


class Desk(threading.Thread):
    """One operator: answers what rings, does what the caller's plan says, is ready again."""

    def __init__(self, shift: Shift, api: Api, phone: Phone) -> None:
        super().__init__(daemon=True, name=f"desk-{phone.user}")
        self.shift, self.api, self.phone = shift, api, phone

    def run(self) -> None:
        while not self.shift.done.is_set():
            with contextlib.suppress(*WENT_WRONG):
                self._serve(self.phone.wait_ring(LOOK_SECONDS))
            with contextlib.suppress(*WENT_WRONG):
                self._ready()

    def _serve(self, ring: CallLeg) -> None:
        plan = self.shift.plans.get(ring.caller_number, Plan(ring.caller_number, 0))
        if plan.kind in (Kind.GIVES_UP, Kind.CALLBACK):
            ring.wait_ended(60)  # left ringing
            return
        ring.answer()
        self.shift.met[plan.number].set()
        if self.shift.voice is not None:
            ring.play(self.shift.voice, loop=True)
        try:
            self._talk(ring, plan)
        finally:
            ring.hang_up()
        self.shift.served[plan.number].set()

    def _talk(self, leg: CallLeg, plan: Plan) -> None:
        if plan.kind is Kind.HELD:
            leg.hold()
            time.sleep(plan.seconds / 2)
            leg.resume()
        elif plan.kind is Kind.MOVED and (call_id := self._call()) and self.shift.move_to not in self._queues():
            self.api.post(f"/api/calls/{call_id}/requeue", {"queue": self.shift.move_to})
            leg.wait_ended(5)
            raise StepFailed("moved on: somebody else serves them")
        elif plan.kind is Kind.THREE_WAY and (call_id := self._call()):
            number = f"{self.shift.department}{plan.number[-6:]}"
            self.shift.ordered[number] += 1
            self.api.post(f"/api/calls/{call_id}/consult", {"number": number})
            self.shift.accepted[number] += 1
            time.sleep(1.5)
            self.api.post(f"/api/calls/{call_id}/merge")
        with contextlib.suppress(PhoneError):
            leg.wait_ended(plan.seconds)

    def _call(self) -> str:
        """The call in hand, once the hotline knows that it is."""
        for _ in range(100):
            seat = self.api.get("/api/operators/me")
            if seat["state"] == "on_call" and seat["call_id"]:
                return str(seat["call_id"])
            time.sleep(0.1)
        return ""

    def _queues(self) -> list[str]:
        return list(self.api.get("/api/operators/me")["queues"])

    def _ready(self) -> None:
        state = self.api.get("/api/operators/me")["state"]
        if state == "wrap_up":
            self.api.post("/api/operators/me/wrap-up/done")
        elif state == "break":
            self.api.post("/api/operators/me/ready")


@contextmanager
def shift(
    running: Running, plans: Sequence[Plan], desks: Sequence[Sequence[str]], *, department: str, voice: Samples | None
) -> Iterator[Shift]:
    """Seats for so many operators, each in the queues named, logged in and at work inside the block."""
    made = Shift({plan.number: plan for plan in plans}, department, voice=voice)
    with ExitStack() as stack:
        admin = Api(running.web_url, "admin", running.accounts["admin"])
        stack.callback(admin.close)
        for index, queues in enumerate(desks):
            made.desks.append(_desk(stack, running, admin, made, index, queues))
        for desk in made.desks:
            desk.start()
        stack.callback(made.stop)
        yield made


def _desk(stack: ExitStack, running: Running, admin: Api, shift: Shift, index: int, queues: Sequence[str]) -> Desk:
    name, password = f"desk{index}", "correct-horse-battery"
    with db.unit_of_work() as session:
        user_id = accounts.create_user(
            session, username=name, name=f"话务员{index}", password=password, roles=[Role.OPERATOR]
        ).id
    admin.post("/api/operators", {"user_id": user_id, "extension": f"7{index:04d}", "queues": list(queues)})
    api = Api(running.web_url, name, password)
    stack.callback(api.close)
    seat = api.post("/api/operators/me/login")
    server = ("127.0.0.1", running.sip_port)
    phone = Phone(name, server, user=seat["extension"], password=seat["sip_password"], bind_ip=DESK_IP)
    stack.callback(phone.close)
    phone.register()
    api.post("/api/operators/me/ready")
    return Desk(shift, api, phone)


def call(trunk: Phone, shift: Shift, plan: Plan, queue_seconds: float) -> None:
    """One citizen, from dialling to the end."""
    try:
        leg = trunk.call(plan.did, from_number=plan.number, timeout=30)
    except PhoneError:
        return  # the line did not answer: Asterisk has no call either
    with contextlib.suppress(*WENT_WRONG):
        if shift.voice is not None:
            leg.play(shift.voice, loop=True)
        _want(leg, shift, plan, queue_seconds)
    with contextlib.suppress(*WENT_WRONG):
        leg.hang_up()


def _want(leg: CallLeg, shift: Shift, plan: Plan, queue_seconds: float) -> None:
    if plan.kind is Kind.HANGS_UP:
        time.sleep(1.0)
    elif plan.kind is Kind.GIVES_UP:
        time.sleep(GREETING_SECONDS + plan.seconds)
    elif plan.kind is Kind.CALLBACK:
        time.sleep(GREETING_SECONDS + queue_seconds)
        for _ in range(30):
            leg.send_dtmf("1")
            time.sleep(1.0)
    elif plan.kind is Kind.CUT_SHORT and _until_over(leg, shift.met[plan.number]):
        leg.wait_ended(plan.seconds / 2)
    elif _until_over(leg, shift.served[plan.number]):
        leg.wait_ended(min(plan.seconds, 5.0))  # hangs up somewhere in the survey


def _until_over(leg: CallLeg, happened: threading.Event) -> bool:
    """Whether it happened before the call was over."""
    ends = time.monotonic() + LONGEST_CALL_SECONDS
    while leg.state is not State.ENDED and time.monotonic() < ends:
        if happened.wait(0.2):
            return True
    return False
