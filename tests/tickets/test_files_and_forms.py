"""Files checked by what they are and freed of hidden data; forms for print; secret tickets keep their secret."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from PIL import Image
from sqlalchemy import select

from callcenter.core import db, prints
from callcenter.core.audit import AuditEntry
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.settings import get_settings
from callcenter.supervision import service as supervision
from callcenter.tickets import files, forms, service
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.orders import Order
from tests.tickets.conftest import NOISE, fill_city

pytestmark = pytest.mark.api

Headers = dict[str, str]
GPS = 0x8825


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "data_dir", tmp_path)


@pytest.fixture
def ticket_id(client: TestClient) -> int:
    with db.unit_of_work() as session:
        fill_city(session)
    return made()


def made(*, secret: bool = False) -> int:
    with db.unit_of_work() as session:
        ticket = service.register_from_decision(session, matter=replace(NOISE, is_secret=secret), by=SYSTEM)
        service.act(session, ticket_id=ticket.id, action=TicketAction.DISPATCH, order=Order(version=1), by=SYSTEM)
        return ticket.id


@pytest.fixture
def clerk(ticket_id: int, login: Callable[..., Headers]) -> Headers:
    return login(Role.DEPARTMENT, unit_id="urban_mgmt")


def photo(kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", (40, 20), "red")
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"
    exif[0x0112] = 6  # held upright: 20 wide, 40 high
    exif.get_ifd(GPS)[1] = "N"
    image.save(out, kind, exif=exif)
    return out.getvalue()


def office(*names: str) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


def upload(client: TestClient, headers: Headers, ticket_id: int, content: bytes, name: str = "现场.jpg") -> Response:
    return client.post(f"/api/tickets/{ticket_id}/files", files={"file": (name, content)}, headers=headers)


class TestFiles:
    def test_a_photo_loses_what_it_hides_and_stands_upright(
        self, client: TestClient, clerk: Headers, ticket_id: int
    ) -> None:
        row = upload(client, clerk, ticket_id, photo()).json()
        assert (row["name"], row["media_type"], row["unit_id"]) == ("现场.jpg", "image/jpeg", "urban_mgmt")
        got = client.get(f"/api/tickets/{ticket_id}/files/{row['id']}", headers=clerk)
        assert (got.status_code, got.headers["x-content-type-options"]) == (200, "nosniff")
        assert got.headers["content-disposition"].startswith("attachment")
        image = Image.open(io.BytesIO(got.content))
        assert (dict(image.getexif()), image.size) == ({}, (20, 40))
        assert b"PhoneMaker" not in got.content

    def test_the_same_file_again_is_kept_once(self, client: TestClient, clerk: Headers, ticket_id: int) -> None:
        rows = [upload(client, clerk, ticket_id, photo()).json()["id"] for _ in range(2)]
        assert rows[0] == rows[1]
        shown = client.get(f"/api/tickets/{ticket_id}", headers=clerk).json()["files"]
        assert [file["name"] for file in shown] == ["现场.jpg"]

    @pytest.mark.parametrize(
        ("content", "name", "kept_as"),
        [
            (b"%PDF-1.7 x", "a.exe", "a.pdf"),
            (office("[Content_Types].xml", "word/document.xml"), "报告.docx", "报告.docx"),
            (office("[Content_Types].xml", "xl/workbook.xml"), "表", "表.xlsx"),
            (photo("PNG"), "../../etc/passwd", "passwd.png"),
            (photo("WEBP"), "C:\\照片\\现场.webp", "现场.webp"),
        ],
    )
    def test_what_it_is_counts_not_what_it_is_called(self, content: bytes, name: str, kept_as: str) -> None:
        checked = files.check(content)
        assert files._name(name, checked.suffix) == kept_as

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"MZ\x90",
            b"<svg onload=alert(1)>",
            b"GIF89a",
            b"PK\x03\x04broken",
            office("readme.txt"),
            office("[Content_Types].xml", "word/vbaProject.bin"),
            photo()[:60],
            b"%PD" + b"x" * 10,
        ],
    )
    def test_what_is_refused(self, client: TestClient, clerk: Headers, ticket_id: int, content: bytes) -> None:
        answer = upload(client, clerk, ticket_id, content)
        assert answer.status_code == 422, answer.text
        assert "上传" in answer.json()["message"] or "选择" in answer.json()["message"]

    def test_too_large(self, client: TestClient, clerk: Headers, ticket_id: int) -> None:
        assert upload(client, clerk, ticket_id, b"%PDF-" + b"x" * files.MOST_BYTES).status_code == 413

    def test_of_a_secret_ticket_a_unit_sees_its_own_files_only(
        self, client: TestClient, clerk: Headers, ticket_id: int, login: Callable[..., Headers]
    ) -> None:
        secret = made(secret=True)
        operator = login(Role.OPERATOR)
        theirs = upload(client, operator, secret, photo(), "举报人身份证.jpg").json()["id"]
        own = upload(client, clerk, secret, photo("PNG"), "处理.png").json()["id"]
        shown = client.get(f"/api/tickets/{secret}", headers=clerk).json()["files"]
        assert [file["id"] for file in shown] == [own]
        assert client.get(f"/api/tickets/{secret}/files/{theirs}", headers=clerk).status_code == 404
        assert client.get(f"/api/tickets/{secret}/files/{theirs}", headers=operator).status_code == 200

    def test_others_neither_attach_nor_read(
        self, client: TestClient, clerk: Headers, ticket_id: int, login: Callable[..., Headers]
    ) -> None:
        row = upload(client, clerk, ticket_id, photo()).json()["id"]
        stranger = login(Role.DEPARTMENT, unit_id="hotline", username="stranger")
        assert upload(client, stranger, ticket_id, photo()).status_code == 404
        assert client.get(f"/api/tickets/{ticket_id}/files/{row}", headers=stranger).status_code == 404
        assert upload(client, login(Role.AUDITOR), ticket_id, photo()).status_code == 403


class TestForms:
    def test_the_dispatch_slip_names_the_limits_and_masks_the_caller(
        self, client: TestClient, clerk: Headers, ticket_id: int
    ) -> None:
        got = client.get(f"/api/tickets/{ticket_id}/forms/dispatch", headers=clerk)
        assert (got.status_code, got.headers["content-type"]) == (200, "application/pdf")
        assert got.content.startswith(b"%PDF-")
        with db.reading() as session:
            form = forms.dispatch_slip(session, ticket_id=ticket_id, by=SYSTEM)
            said = dict(form.fields)
            assert (said["诉求人"], said["主办单位"]) == ("张** 138****1234", "urban_mgmt单位")
            assert said["办理时限"].count("：") >= 3
            session.rollback()
        with db.reading() as session:
            act = session.scalars(select(AuditEntry).where(AuditEntry.action == "ticket.print")).one()
            assert act.details == {"form": "dispatch"}

    def test_a_secret_caller_is_not_printed_for_the_unit(self, client: TestClient, clerk: Headers) -> None:
        secret = made(secret=True)
        with db.unit_of_work() as session:
            unit = Actor(None, "经办", frozenset({Role.DEPARTMENT}), "urban_mgmt")
            form = forms.dispatch_slip(session, ticket_id=secret, by=unit)
            assert dict(form.fields)["诉求人"] == "保密"

    def test_only_after_the_step_it_is_for(self, client: TestClient, clerk: Headers, ticket_id: int) -> None:
        answer = client.get(f"/api/tickets/{ticket_id}/forms/transfer", headers=clerk)
        assert (answer.status_code, answer.json()["error"]) == (409, "not_transferred")

    def test_the_notice_of_a_chase(self, client: TestClient, clerk: Headers, ticket_id: int) -> None:
        with db.unit_of_work() as session:
            step = supervision.chase(session, ticket_id=ticket_id, text="请今天内签收", channels=("in_app",), by=SYSTEM)
            step_id = step.id
        got = client.get(f"/api/supervision/{step_id}/notice", headers=clerk)
        assert (got.status_code, got.content[:5]) == (200, b"%PDF-")

    def test_without_the_font_the_readers_own_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(prints, "_FONT", "print-missing")
        assert prints.font_name(tmp_path / "none.ttc") == "STSong-Light"
