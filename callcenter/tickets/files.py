"""Files of a ticket: checked by what they are, photos without where and by what they were taken, kept once."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Forbidden, Invalid, NotFound, TooLarge
from callcenter.core.security import UNIT_ROLES, Actor, Permission
from callcenter.settings import get_settings
from callcenter.tickets import queries
from callcenter.tickets.models import Ticket, TicketFile

MOST_BYTES = 20 << 20
MOST_FILES = 50
_IMAGES = {"JPEG": ("image/jpeg", ".jpg"), "PNG": ("image/png", ".png"), "WEBP": ("image/webp", ".webp")}
_OFFICE = {
    "word/": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    "xl/": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
}
Image.MAX_IMAGE_PIXELS = 100_000_000


@dataclass(frozen=True)
class Checked:
    """A file that may be kept."""

    content: bytes
    media_type: str
    suffix: str


def check(content: bytes) -> Checked:
    """What the file is by its content, whatever its name says; photos lose their hidden data (EXIF)."""
    if not content:
        raise Invalid("文件是空的，请重新选择。")
    if len(content) > MOST_BYTES:
        raise TooLarge(f"文件超过{MOST_BYTES >> 20}MB，请压缩或分开上传。")
    if content.startswith(b"%PDF-"):
        return Checked(content, "application/pdf", ".pdf")
    if content.startswith(b"PK"):
        return _office(content)
    try:
        with Image.open(io.BytesIO(content)) as image:
            return _plain(image)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise _unknown() from None


def attach(session: Session, *, ticket_id: int, name: str, content: bytes, note: str, by: Actor) -> TicketFile:
    """Keep the file with the ticket; the same file again returns the one kept before."""
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by, lock=True)
    if not (by.may(Permission.TICKET_HANDLE) or by.may(Permission.TICKET_CREATE) or by.may(Permission.TICKET_REVIEW)):
        raise Forbidden("您的账号不能给工单上传附件，如需上传请联系班长。")
    checked = check(content)
    digest = hashlib.sha256(checked.content).hexdigest()
    if known := next((file for file in ticket.files if file.sha256 == digest), None):
        return known
    if len(ticket.files) >= MOST_FILES:
        raise Invalid(f"一件工单最多{MOST_FILES}个附件，请合并后上传。")
    row = TicketFile(
        name=_name(name, checked.suffix),
        media_type=checked.media_type,
        size=len(checked.content),
        sha256=digest,
        note=note,
        unit_id=by.unit_id,
        actor_id=by.user_id,
        actor_name=by.name,
        at=now(),
    )
    _keep(digest, checked.content)
    ticket.files.append(row)
    session.flush()
    audit.record(session, by, "ticket.attach", f"ticket:{ticket.id}", details={"file": row.id, "sha256": digest})
    bus.publish(session, f"ticket:{ticket.id}", "ticket.changed", {"number": ticket.number})
    return row


def listed(ticket: Ticket, by: Actor) -> list[TicketFile]:
    """The files this user may see: of a secret ticket a unit sees its own only, others may show who asked."""
    if ticket.is_secret and by.roles <= UNIT_ROLES:
        return [file for file in ticket.files if file.unit_id == by.unit_id]
    return list(ticket.files)


def read(session: Session, *, ticket_id: int, file_id: int, by: Actor) -> tuple[TicketFile, Path]:
    """The file and where it lies; every look is on record."""
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by)
    row = session.scalar(select(TicketFile).where(TicketFile.id == file_id, TicketFile.ticket_id == ticket.id))
    if row is None or row not in listed(ticket, by):
        raise NotFound("没有这个附件，或您无权查看。", code="file_not_found")
    path = _path(row.sha256)
    if not path.exists():
        raise NotFound("附件的文件找不到了，请联系管理员从备份恢复。", code="file_lost")
    audit.record(session, by, "ticket.read_file", f"ticket:{ticket.id}", details={"file": row.id})
    return row, path


def _plain(image: Image.Image) -> Checked:
    if image.format not in _IMAGES:
        raise _unknown()
    media_type, suffix = _IMAGES[image.format]
    kind = image.format
    # Turned as the camera was held before that, too, is forgotten with the rest.
    upright = _upright(image)
    out = io.BytesIO()
    upright.save(out, kind, **({"quality": 90} if kind in ("JPEG", "WEBP") else {}))
    return Checked(out.getvalue(), media_type, suffix)


def _upright(image: Image.Image) -> Image.Image:
    turned = ImageOps.exif_transpose(image)
    plain = Image.new(turned.mode, turned.size)
    plain.paste(turned)
    if turned.mode == "P" and (palette := turned.getpalette()):
        plain.putpalette(palette)
    return plain


def _office(content: bytes) -> Checked:
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except BadZipFile:
        raise _unknown() from None
    for folder, (media_type, suffix) in _OFFICE.items():
        if "[Content_Types].xml" in names and any(name.startswith(folder) for name in names):
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                raise Invalid("文件里带有宏，请去掉宏，另存为普通文档后上传。")
            return Checked(content, media_type, suffix)
    raise _unknown()


def _unknown() -> Invalid:
    return Invalid("只能上传图片（JPG、PNG、WEBP）、PDF、Word（docx）或Excel（xlsx），请转换格式后上传。")


def _name(name: str, suffix: str) -> str:
    """As the user named it, without folders, with the ending of what it is."""
    stem = Path(name.replace("\\", "/")).name.rpartition(".")[0] or Path(name).name or "附件"
    return f"{''.join(sign for sign in stem if sign.isprintable())[:80]}{suffix}"


def _keep(digest: str, content: bytes) -> None:
    """Written beside its place and moved there, so that no half file is ever found."""
    path = _path(digest)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_bytes(content)
    partial.rename(path)


def _path(digest: str) -> Path:
    return get_settings().data_dir / "files" / digest[:2] / digest
