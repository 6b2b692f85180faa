"""Keeps the queues as the city's table says, and the incident of the day in them; looked at every second.

Neither needs a restart: a queue that the table gained or lost is reloaded and found again in what the PBX lists, a
sound that is there is played and one that is gone is not.
"""

import shutil
import threading
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from callcenter.core import db
from callcenter.core.errors import HotlineError
from callcenter.core.log import get_logger
from callcenter.operators.telephony import TelephonyUnavailable
from callcenter.pbx import render
from callcenter.pbx.ami import Ami
from callcenter.pbx.names import DEFAULT_QUEUE, LEADER_QUEUE, Prompt
from callcenter.settings import Settings
from callcenter.steering import banners
from callcenter.steering.models import Banner, BannerSound

log = get_logger(__name__)

LOOK_SECONDS = 1.0


class Keeper:
    """A thread beside the listener's, on the same link."""

    def __init__(self, settings: Settings, ami: Ami) -> None:
        self._settings, self._ami = settings, ami
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="queue-keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(LOOK_SECONDS * 3)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                if self._ami.connected:
                    self.keep_queues()
                    self.keep_notices()
            except (HotlineError, SQLAlchemyError, OSError) as error:
                log.warning("queues not kept, the next look tries again", error=str(error) or type(error).__name__)

    def keep_queues(self) -> None:
        """Make the PBX know exactly the city's queues; raises TelephonyUnavailable when it does not."""
        wanted = render.queue_list(self._settings)
        if not render.write_local(self._settings, render.QUEUE_LIST, wanted) and self._fits(wanted):
            return
        self._ami.action("QueueReload", Members="no", Rules="no", Parameters="yes")
        if not self._fits(wanted):
            raise TelephonyUnavailable("电话系统没有按队列表更新队列，请检查日志。")
        log.info("queues follow the city's table", queues=len(wanted) + 2)

    def _fits(self, wanted: render.Sections) -> bool:
        known = {item["Queue"] for item in self._ami.list_action("QueueSummary") if item["Event"] == "QueueSummary"}
        return known == {DEFAULT_QUEUE, LEADER_QUEUE, *(header[1:].partition("]")[0] for header in wanted)}

    def keep_notices(self) -> None:
        """The newest banner of each queue as its sound, and no sound without one."""
        with db.reading() as session:
            current = banners.current(session)
            session.expunge_all()
        of_queue = {queue: banner for banner in reversed(current) for queue in banner.queues}
        folder = render.notices_dir(self._settings)
        for file in folder.glob("*.wav"):
            if file.stem not in of_queue:
                file.unlink(missing_ok=True)
        for queue, banner in of_queue.items():
            self._put(folder / f"{queue}.wav", banner)
        for banner in {banner.id: banner for banner in of_queue.values()}.values():
            spoken = banners.sound_file(self._settings, banner.id).exists()
            sound = BannerSound.SPOKEN if spoken else BannerSound.PLAIN
            if banner.sound is not sound:
                with db.unit_of_work() as session:
                    banners.played(session, banner_id=banner.id, sound=sound)

    def _put(self, target: Path, banner: Banner) -> None:
        spoken = banners.sound_file(self._settings, banner.id)
        source = spoken if spoken.exists() else render.prompts_dir(self._settings) / f"{Prompt.INCIDENT}.wav"
        if target.exists() and target.stat().st_mtime == source.stat().st_mtime:
            return
        part = target.with_suffix(".part")
        shutil.copy2(source, part)
        part.rename(target)
