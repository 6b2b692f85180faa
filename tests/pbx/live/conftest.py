"""The hotline as a whole: real Asterisk, real phones, listener, call control and the web application."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from callcenter.accounts import service as accounts
from callcenter.app import create_app
from callcenter.calls.telephony import Provided
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM, Role
from callcenter.directory.models import Unit
from callcenter.followups import plans, policy, tasks
from callcenter.followups.plans import PlanOrder
from callcenter.followups.sampling import Method
from callcenter.operators import service as operators
from callcenter.pbx import journal, phones, render
from callcenter.pbx.control import Control, connect
from callcenter.pbx.listener import Listener
from callcenter.settings import Settings, get_settings
from callcenter.tables import load_models
from callcenter.workdays.arithmetic import OfficeHours
from softphone import CITIZEN_HZ, OPERATOR_HZ, CallLeg, Phone
from tests.followups.conftest import followup_of, handled
from tests.pbx.conftest import Line
from tests.tickets.conftest import fill_city

T = TypeVar("T")

SECONDS = 10.0
UNIT_NUMBER = "057312340001"


def until(look: Callable[[], T], what: str = "it did not happen", seconds: float = SECONDS) -> T:
    ends = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < ends, what
        time.sleep(0.05)
    return found


@dataclass
class Seat:
    """An operator at their desk: a login and a registered phone."""

    client: TestClient
    user_id: int
    extension: str
    phone: Phone
    headers: dict[str, str]

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        answer = self.client.post(path, json=body or None, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self.client.get(path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def steer(self, call_id: str, verb: str, status: int = 202, **body: Any) -> Any:
        return self.post(f"/api/calls/{call_id}/{verb}", status, **body)

    def record(self, call_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/api/calls/{call_id}")
        return found

    def wait_call(self, call_id: str, seconds: float = SECONDS, **wanted: object) -> dict[str, Any]:
        """The call's record once it has these fields."""
        last: dict[str, Any] = {}

        def look() -> dict[str, Any] | None:
            answer = self.client.get(f"/api/calls/{call_id}", headers=self.headers)
            last.update(answer.json())
            return last if wanted.items() <= last.items() else None

        try:
            return until(look, "", seconds)
        except AssertionError:
            raise AssertionError(f"never {wanted}: {last}") from None

    def wait_leg(self, call_id: str, party: str, **wanted: object) -> dict[str, Any]:
        """The newest leg of the party, once it has these fields."""

        def look() -> dict[str, Any] | None:
            legs = [leg for leg in self.record(call_id)["legs"] if leg["party"] == party]
            return legs[-1] if legs and wanted.items() <= legs[-1].items() else None

        return until(look, f"no {party} {wanted}")

    def wait_state(self, state: str, seconds: float = SECONDS) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            seat: dict[str, Any] = self.get("/api/operators/me")
            return seat if seat["state"] == state else None

        return until(look, f"operator {self.extension} never {state}: {self.get('/api/operators/me')}", seconds)


@dataclass
class Talk:
    """A caller and an operator who answered."""

    call_id: str
    citizen: CallLeg
    operator: CallLeg


@dataclass
class Hotline:
    line: Line
    engine: Engine
    client: TestClient
    control: Control
    listener: Listener
    settings: Settings
    stack: ExitStack
    seats: list[Seat] = field(default_factory=list)

    def seat(
        self, extension: str, role: Role = Role.OPERATOR, queue: str = "q12345", *, logged_in: bool = True
    ) -> Seat:
        """A new operator, or somebody else with a phone; whoever serves a queue is logged in."""
        with db.unit_of_work() as session:
            user = accounts.create_user(
                session, username=f"op{extension}", name="王小明", password="correct-horse", roles=[role]
            )
            seat = operators.create_operator(session, user_id=user.id, extension=extension, queues=[queue], by=SYSTEM)
            headers = {"Authorization": f"Bearer {accounts.open_session(session, user=user)}"}
        self.control.put_phone(extension, seat.sip_password, seat.phone)
        phone = Phone(extension, self.line.sip, user=extension, password=seat.sip_password, bind_ip="127.0.0.3")
        self.stack.callback(phone.close)
        phone.register()
        made = Seat(self.client, user.id, extension, phone, headers)
        if logged_in:
            made.post("/api/operators/me/login")
        self.seats.append(made)
        return made

    def talk(self, citizen: Phone, seat: Seat, number: str, **options: Any) -> Talk:
        """A citizen calls and the operator answers; both send their tone."""
        caller = citizen.call("12345", from_number=number, **options)
        caller.tone(CITIZEN_HZ)
        operator = seat.phone.wait_ring(20).answer()
        operator.tone(OPERATOR_HZ)
        call_id = self.line.call_id(number)
        seat.wait_call(call_id, state="talking")
        return Talk(call_id, caller, operator)


@pytest.fixture(scope="package")
def live_engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    load_models()
    engine = db.make_engine(f"sqlite:///{tmp_path_factory.mktemp('live')}/hotline.db")
    db.Base.metadata.create_all(engine)
    return engine


@pytest.fixture
def hotline(line: Line, live_engine: Engine, redis_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hotline]:
    """Everything up; after the test every seat is empty and the database too."""
    monkeypatch.setitem(phones._ENDPOINT, "rtp_timeout", "3")
    db.bind(live_engine)
    with ExitStack() as stack:
        # Not the recogniser that may be running beside the tests.
        settings = line.settings.model_copy(update={"asr_http_url": "http://127.0.0.1:9"})
        control = connect(settings)
        stack.callback(control.close)
        listener = Listener(settings).start()
        stack.callback(lambda: made.listener.close())  # noqa: PLW0108 (a test may have put another in its place)
        client = stack.enter_context(TestClient(create_app(control)))
        with db.unit_of_work() as session:
            session.add(
                Unit(id="water", name="自来水公司", kind="utility", accepts_dispatch=True, duty_number=UNIT_NUMBER)
            )
        made = Hotline(line, live_engine, client, control, listener, settings, stack)
        assert control._ami.wait_connected(10)
        # Catching up makes every phone known anew: a test's phone must not be among them in the middle of its call.
        until(lambda: listener.ami.connected and not listener.ami.must_catch_up, "the listener never caught up", 20)
        yield made
        # A listener still at work would put right what is taken away here.
        made.listener.close()
        for seat in made.seats:
            control.set_membership(seat.extension, name="", queues=[])
            control.remove_phone(seat.extension)
    # The next test's database knows nothing of these calls: its listener would write them all anew.
    journal.forget(render.journal_dir(line.settings), before=now() + timedelta(days=1))
    with live_engine.begin() as connection:
        for table in reversed(db.Base.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def extension() -> str:
    """An extension nobody else uses in this run."""
    return f"8{time.monotonic_ns() // 1000 % 10**6:06d}"


@pytest.fixture
def campaign(hotline: Hotline, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hotline]:
    """Any hour will do, and the dialler has the real telephone system."""
    known = policy.load(get_settings().rules_dir / policy.FOLDER / policy.POLICY_FILE)
    always = replace(known, hours=OfficeHours.parse("00:00-23:59:59"))
    monkeypatch.setattr(tasks, "current_policy", lambda: always)
    monkeypatch.setattr(Provided, "telephony", hotline.control)
    with db.unit_of_work() as session:
        session.execute(db.Base.metadata.tables["unit"].delete())
        fill_city(session)
    yield hotline


@pytest.fixture
def drawn(campaign: Hotline, number: str) -> Callable[..., int]:
    """A ticket of the citizen's number, drawn for the dialler or a person."""

    def make(*, by_robot: bool = True) -> int:
        with db.unit_of_work() as session:
            ticket = handled(session, caller_number=number)
            order = PlanOrder("全部", Method.ALL, by_robot=by_robot)
            plan = plans.save_plan(session, order=order, by=SYSTEM)
            plans.draw_now(session, plan_id=plan.id, by=SYSTEM)
            return followup_of(session, ticket.id)

    return make
