"""What one installation adds to the static configuration in `dialplan/`: folders, addresses, secrets.

The static files end in `#tryinclude local/<name>.conf`; this module writes those. A production image may mount
`dialplan/` as /etc/asterisk and give it such a `local/` folder by other means.
"""

from pathlib import Path

from callcenter.core.errors import Invalid, Unavailable
from callcenter.directory.queues import queues_of
from callcenter.pbx import music
from callcenter.pbx.names import DEFAULT_QUEUE, LEADER_QUEUE
from callcenter.settings import Settings

QUEUE_LIST = "queue_list.conf"
NOTICES = "banner"
SOUNDS = "usr/share/asterisk/sounds/en_US_f_Allison"
LONGEST_SOCKET_PATH = 100
"""The kernel allows 107 characters for the name of the control socket."""

Sections = dict[str, dict[str, object]]
"""Options by section header as Asterisk writes it; `(+)` adds to a section of the static file."""


def home(settings: Settings) -> Path:
    """Folder of everything Asterisk writes."""
    return (settings.data_dir / "asterisk").absolute()


def journal_dir(settings: Settings) -> Path:
    return home(settings) / "journal"


def prepare(settings: Settings) -> Path:
    """Make folders, links and generated files; returns the main configuration file. Safe to repeat."""
    base = home(settings)
    if len(str(base / "run" / "asterisk.ctl")) > LONGEST_SOCKET_PATH:
        raise Unavailable(f"数据目录的路径太长（{base}），请用 CALLCENTER_DATA_DIR 换一个较短的路径。")
    for folder in (
        "etc/local",
        "var/keys",
        "spool",
        "run",
        "log",
        "cache",
        f"data/sounds/{NOTICES}",
        "data/moh",
        "journal",
        "log/cel-custom",
    ):
        (base / folder).mkdir(parents=True, exist_ok=True)
    settings.recordings_dir.mkdir(parents=True, exist_ok=True)
    for private in (base / "etc" / "local", journal_dir(settings), settings.recordings_dir):
        private.chmod(0o700)  # secrets, callers' numbers, callers' voices
    _link_files(settings, base)
    if not any((base / "data" / "moh").iterdir()):
        music.write(base / "data" / "moh" / "hold.wav")
    for name, sections in local_files(settings).items():
        _write(base / "etc" / "local" / name, sections)
    main = base / "etc" / "asterisk.conf"
    _write(main, _main_file(settings, base))
    return main


def local_files(settings: Settings) -> dict[str, Sections]:
    """The generated additions, by file name and section."""
    return {
        "extensions.conf": {
            "[globals](+)": {
                "RECORDINGS": settings.recordings_dir.absolute(),
                "JOURNAL": journal_dir(settings),
                "AGI_SERVER": f"agi://{settings.agi_host}:{settings.agi_port}",
                "ASR_AUDIO": f"{settings.asr_audio_host}:{settings.asr_audio_port}",
                "QUEUE_SECONDS": settings.queue_seconds,
                "LEADER_SECONDS": settings.leader_queue_seconds,
                "MESSAGE_SECONDS": settings.message_seconds,
                "LAST_RESORT": settings.last_resort_number,
                "NOTICES": notices_dir(settings),
            }
        },
        "queues.conf": {
            # Included inside the template that every queue is made from.
            "": {
                "announce-frequency": settings.announce_seconds,
                "min-announce-frequency": max(settings.announce_seconds // 2, 1),
                "periodic-announce-frequency": max(settings.announce_seconds * 3 // 2, 1),
            }
        },
        # Beside those of the static file; callcenter/pbx/keeping.py writes it anew when the city's table changes.
        QUEUE_LIST: queue_list(settings),
        "pjsip.conf": {
            "[transport-udp](+)": {"bind": f"{settings.sip_host}:{settings.sip_port}"},
            "[transport-ws](+)": {"bind": settings.sip_host},
            "[trunk](+type=identify)": {"match": settings.trunk_match},
            "[trunk](+type=aor)": {"contact": f"sip:{settings.trunk_peer}"},
        },
        "rtp.conf": {"[general](+)": {"rtpstart": settings.rtp_start, "rtpend": settings.rtp_end}},
        "http.conf": {"[general](+)": {"bindaddr": settings.ari_host, "bindport": settings.ari_port}},
        "cel.conf": {"": {"enable": "yes" if settings.pbx_records else "no"}},
        "ari.conf": {f"[{settings.ari_user}]": {"type": "user", "password": settings.ari_secret}},
        "manager.conf": {
            "[general](+)": {"bindaddr": settings.ami_host, "port": settings.ami_port},
            f"[{settings.ami_user}](callcenter)": {"secret": settings.ami_secret},
        },
    }


def queue_list(settings: Settings) -> Sections:
    """The city's own queues, each with its place for the incident of the day."""
    own = [queue for queue in queues_of(settings.city_dir) if queue not in (DEFAULT_QUEUE, LEADER_QUEUE)]
    return {f"[{queue}](hotline)": {"queue-thankyou": notice_name(queue)} for queue in own}


def notice_name(queue: str) -> str:
    """Name of the sound a queue plays after each announcement; a file that is not there is not played."""
    return f"{NOTICES}/{queue}"


def notices_dir(settings: Settings) -> Path:
    """Sounds the application makes and takes away again; the prompts' folder may be shared and read-only."""
    return home(settings) / "data" / "sounds" / NOTICES


def prompts_dir(settings: Settings) -> Path:
    return settings.prompts_dir.absolute()


def write_local(settings: Settings, name: str, sections: Sections) -> bool:
    """Write one generated file; False when it says so already."""
    file = home(settings) / "etc" / "local" / name
    if file.exists() and file.read_text() == _text(sections):
        return False
    _write(file, sections)
    return True


def _main_file(settings: Settings, base: Path) -> Sections:
    modules = next(iter(settings.asterisk_tree.absolute().glob("usr/lib/*/asterisk/modules")), None)
    if modules is None:
        raise Unavailable(f"在 {settings.asterisk_tree} 没有找到 Asterisk，请先运行 make setup。")
    return {
        "[directories]": {
            "astetcdir": base / "etc",
            "astmoddir": modules,
            "astvarlibdir": base / "var",
            "astdbdir": base / "var",
            "astkeydir": base / "var",
            "astdatadir": base / "data",
            "astspooldir": base / "spool",
            "astrundir": base / "run",
            "astlogdir": base / "log",
            "astcachedir": base / "cache",
        },
        "[options]": {"systemname": "hl1", "defaultlanguage": "zh", "hideconnect": "yes"},
    }


def _link_files(settings: Settings, base: Path) -> None:
    tree = settings.asterisk_tree.absolute()
    links = {base / "etc" / file.name: file.absolute() for file in settings.dialplan_dir.glob("*.conf")}
    # Our own prompts first; what they lack is said in English rather than not at all.
    links[base / "data" / "sounds" / "zh"] = prompts_dir(settings)
    links[base / "data" / "sounds" / "en"] = tree / SOUNDS
    for name in ("documentation", "rest-api"):
        links[base / "data" / name] = tree / "usr/share/asterisk" / name
    for link, target in links.items():
        if not (link.is_symlink() and link.readlink() == target):
            link.unlink(missing_ok=True)
            link.symlink_to(target)


def _write(file: Path, sections: Sections) -> None:
    file.touch(mode=0o600)
    file.write_text(_text(sections))


def _text(sections: Sections) -> str:
    lines = ["; Written by callcenter/pbx/render.py at each start."]
    for header, values in sections.items():
        lines.append(header)
        lines += [f"{key}={_value(key, value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _value(key: str, value: object) -> str:
    """A semicolon starts a comment and a new line a new option: neither may come in by a setting."""
    text = str(value)
    if "\n" in text or "\r" in text:
        raise Invalid(f"设置 {key} 的值里不能有换行。")
    return text.replace(";", "\\;")
