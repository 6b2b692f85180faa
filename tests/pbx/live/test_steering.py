"""Seats steered and incidents told: read back from Asterisk, heard by a caller who waits."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.core.security import Role
from callcenter.directory.queues import QUEUES_FILE
from callcenter.operators.telephony import Membership
from callcenter.pbx import render
from callcenter.pbx.keeping import Keeper
from callcenter.settings import get_settings
from callcenter.steering.banners import sound_file
from softphone import OPERATOR_HZ, Phone, energy_at, save_wav, tone, wait_tone
from tests.pbx.conftest import PROMPT_HZ, hear
from tests.pbx.live.conftest import Hotline, Seat, until

pytestmark = pytest.mark.pbx

SPOKEN_HZ = 2500


@pytest.fixture
def seat(hotline: Hotline, extension: str) -> Seat:
    return hotline.seat(extension)


@pytest.fixture
def supervisor(hotline: Hotline) -> Seat:
    desk = hotline.seat(f"7{time.monotonic_ns() // 1000 % 10**6:06d}", Role.SUPERVISOR)
    desk.post("/api/operators/me/pause", reason="调度")
    return desk


def test_states_and_queues_read_back_from_the_pbx(hotline: Hotline, seat: Seat, supervisor: Seat) -> None:
    def known() -> Membership:
        return hotline.control.memberships().get(seat.extension, Membership())

    path = f"/api/steering/seats/{seat.user_id}"
    supervisor.post(f"{path}/state", state="break", reason="紧急培训")
    assert (known().paused, known().reason) == (True, "紧急培训")
    supervisor.post(f"{path}/state", state="ready", reason="培训结束")
    assert known() == Membership(frozenset({"q12345"}))

    def assign(**ranks: int) -> None:
        body = {"ranks": ranks, "reason": "话务高峰支援"}
        answer = seat.client.put(f"{path}/queues", json=body, headers=supervisor.headers)
        assert answer.status_code == 200, answer.text

    assign(qparty=0, q12345=4)
    assert known() == Membership(frozenset({"q12345", "qparty"}), ranks={"q12345": 4})
    assign(qparty=2, q12345=0)
    assert known() == Membership(frozenset({"q12345", "qparty"}), ranks={"qparty": 2})
    assign(q12345=0)
    assert known() == Membership(frozenset({"q12345"}))
    supervisor.post(f"{path}/state", state="offline", reason="下班未退席")
    assert known() == Membership()


def test_the_first_rank_is_offered_the_caller_first(
    hotline: Hotline, seat: Seat, supervisor: Seat, citizen: Phone, number: str
) -> None:
    other = hotline.seat(f"6{time.monotonic_ns() // 1000 % 10**6:06d}")
    for user_id, rank in ((seat.user_id, 5), (other.user_id, 0)):
        body = {"ranks": {"q12345": rank}, "reason": "主备岗调整"}
        path = f"/api/steering/seats/{user_id}/queues"
        assert seat.client.put(path, json=body, headers=supervisor.headers).status_code == 200
    first = citizen.call("12345", from_number=number)
    other.phone.wait_ring(10).answer()
    second = citizen.call("12345", from_number=f"{int(number) + 1}")
    seat.phone.wait_ring(10)
    first.hang_up()
    second.hang_up()


def test_an_incident_is_heard_in_its_queue_and_only_while_it_is_on(
    hotline: Hotline, seat: Seat, supervisor: Seat, citizen: Phone, number: str
) -> None:
    seat.post("/api/operators/me/pause", reason="用餐")
    folder = render.notices_dir(hotline.settings)
    early = citizen.call("12345", from_number=number)
    hotline.line.wait_fact(hotline.line.call_id(number), "QueueJoined")
    banner = supervisor.post(
        "/api/steering/banners", 201, key="live-0001", text="城东停水抢修中", queues=["q12345"], reason="供水通报"
    )
    until(lambda: supervisor.get("/api/steering/banners")[0]["sound"] == "plain")
    hear(early, "incident")
    late = citizen.call("12345", from_number=f"{int(number) + 1}")
    hear(late, "incident")

    spoken = sound_file(hotline.settings, banner["id"])
    spoken.parent.mkdir(exist_ok=True)
    save_wav(spoken, tone(SPOKEN_HZ, 1.0))
    until(lambda: supervisor.get("/api/steering/banners")[0]["sound"] == "spoken")
    until(lambda: energy_at(early.heard(0.5), SPOKEN_HZ) > 2000, "its own words are not played", 20)

    supervisor.post(f"/api/steering/banners/{banner['id']}/end", reason="已恢复")
    until(lambda: not list(folder.glob("*.wav")))
    time.sleep(1.5)  # what is being played is played to its end
    mark = early.mark()
    hear(early, "queue-youarenext")
    hear(early, "queue-youarenext")
    assert energy_at(early.heard_since(mark), SPOKEN_HZ) < 100
    assert energy_at(early.heard_since(mark), PROMPT_HZ["incident"]) < 100
    early.hang_up()
    late.hang_up()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Path]:
    """A city's tables that a test may change."""
    folder = tmp_path / "city"
    shutil.copytree(get_settings().city_dir, folder)
    yield folder


def test_a_queue_is_added_and_removed_without_restart(hotline: Hotline, city: Path) -> None:
    keeper = Keeper(hotline.settings.model_copy(update={"city_dir": city}), hotline.listener.ami)
    hotline.listener.keeper.close()
    table = city / QUEUES_FILE
    before = table.read_text()
    keeper.keep_queues()
    assert "has 0 calls" in hotline.line.rx("queue show qpsych")
    table.write_text(before + "qnew\t退役军人席\t退役军人\t\t\n")
    keeper.keep_queues()
    assert "has 0 calls" in hotline.line.rx("queue show qnew")
    table.write_text(before.replace("q12315\t", "q 12315\t"))
    keeper.keep_queues()
    assert "has 0 calls" in hotline.line.rx("queue show qnew"), "a broken table changes nothing"
    time.sleep(0.02)
    table.write_text(before)
    keeper.keep_queues()
    assert "No such queue" in hotline.line.rx("queue show qnew")


def test_a_caller_is_handed_to_whoever_has_the_skill(
    hotline: Hotline, seat: Seat, supervisor: Seat, citizen: Phone, number: str
) -> None:
    expert = hotline.seat(f"6{time.monotonic_ns() // 1000 % 10**6:06d}")
    path = f"/api/steering/seats/{expert.user_id}/queues"
    body = {"ranks": {"qpsych": 0}, "reason": "心理援助值班"}
    assert expert.client.put(path, json=body, headers=supervisor.headers).status_code == 200
    until(lambda: "qpsych" in hotline.line.rx("queue show qpsych"))
    talk = hotline.talk(citizen, seat, number)
    assert seat.steer(talk.call_id, "requeue", status=422, queue="qnone")["error"] == "queue_unknown"
    seat.steer(talk.call_id, "requeue", queue="qpsych")
    hear(talk.citizen, "transfer-wait")
    desk = expert.phone.wait_ring(10).answer()
    desk.tone(OPERATOR_HZ)
    wait_tone(talk.citizen, OPERATOR_HZ)
    expert.wait_call(talk.call_id, state="talking", queue="qpsych", operator_id=expert.user_id)
    seat.wait_state("wrap_up")
    talk.citizen.hang_up()
