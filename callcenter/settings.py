"""All settings of callcenter and its defaults: the only module that reads the environment (prefix `CALLCENTER_`)."""

from datetime import time
from functools import lru_cache
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Embedded defaults run the whole hotline on one machine; production sets the addresses."""

    model_config = SettingsConfigDict(env_prefix="CALLCENTER_", env_file=".env", extra="ignore")

    data_dir: Path = PROJECT_ROOT / "var"
    """Everything written at run time: database, recordings, Asterisk's folders, models, prompts."""
    city_dir: Path = PROJECT_ROOT / "routing_rules" / "city"
    """Reference tables of the city (units, topics, places, deadlines); the sample city by default."""
    rules_dir: Path = PROJECT_ROOT / "routing_rules"
    learned_dir: Path = PROJECT_ROOT / "var" / "learned"
    """What was learned from the city's labelled sentences; made anew when it is not there."""
    calendar_dir: Path = PROJECT_ROOT / "routing_rules" / "calendar"
    pages_dir: Path = PROJECT_ROOT / "web" / "dist"
    """The built web pages."""
    dialplan_dir: Path = PROJECT_ROOT / "dialplan"
    timezone: str = "Asia/Shanghai"
    city_name: str = "平湖市12345政务服务便民热线"
    """Stands below official forms."""
    print_font: Path = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
    """Chinese font put inside printed forms; missing: the reader's own Song typeface."""

    database_url: str = ""
    """SQLAlchemy URL; empty means a SQLite file in the data directory."""
    redis_url: str = ""
    """Empty: `callcenter run` starts a private Redis and tells its roles the address."""

    web_host: str = "127.0.0.1"
    web_port: int = 8012
    internal_token: str = "change-me"
    """Shared by asr and callcenter for `/internal/*`; `callcenter run` makes a random one per start."""
    session_hours: int = 12
    vault_key: str = ""
    """Fernet key that seals who the callers are; empty: a key file in the data directory, made on first use."""
    prompt_recordings: Path | None = None
    """Human recordings of prompts; None: a folder of the data directory."""
    public_url: str = ""
    """Where citizens reach the pages; empty: no links are sent."""

    agi_host: str = "127.0.0.1"
    agi_port: int = 4573
    agi_script_seconds: float = 1.8
    """A script that has not answered by then is cut off; the dialplan's own watchdog fires after 2 s."""

    sip_host: str = "127.0.0.1"
    sip_port: int = 5060
    sip_websocket_url: str = ""
    """Where browsers register their phones: wss://… behind the site's TLS. Empty: Asterisk itself, on loopback."""
    trunk_match: str = "127.0.0.0/8"
    """Address range of the carrier; loopback for the demo."""
    trunk_peer: str = "127.0.0.1:5070"
    """Where outbound calls (departments, callbacks) are sent."""
    queue_seconds: int = 120
    """Longest wait in a queue before the leaders' queue is tried."""
    leader_queue_seconds: int = 40
    announce_seconds: int = 30
    """How often a waiting caller hears their position."""
    message_seconds: int = 120
    """Longest message a caller may leave."""
    last_resort_number: str = ""
    """Rung through the trunk when every queue has failed; empty: the caller is offered a message."""
    repeat_hours: int = 24
    """A caller who called within this time is a repeat caller."""
    rtp_start: int = 21000
    rtp_end: int = 22999
    ami_host: str = "127.0.0.1"
    ami_port: int = 5038
    ami_user: str = "hotline"
    ami_secret: str = "change-me"
    ari_host: str = "127.0.0.1"
    ari_port: int = 8088
    ari_user: str = "hotline"
    ari_secret: str = "change-me"
    pbx_records: bool = False
    """Asterisk keeps its own account of the calls as well (CEL, without callers' numbers), to check figures against."""
    asterisk_root: Path | None = None
    """Unpacked Asterisk tree; None means `<data_dir>/asterisk/root`."""

    night_from: time = time(20, 0)
    night_to: time = time(8, 0)
    """When a call counts as one of the night; cities define it differently, so it is set here."""
    dispatch_minutes: int = 15
    """A ticket sent to its unit within this time of its registration was forwarded in time."""
    no_repeat_days: int = 7
    """Strict on-the-spot rate: the caller did not call again within so many days."""

    sms_url: str = ""
    """Gateway that takes `{"number", "text"}`; empty: SMS is said to be not configured."""
    sms_token: str = ""

    phone_notices: bool = False
    """Whether supervision rings units' duty officers; off, the channel is said to be not configured. Switched on by a
    city once the numbers in its tables are real ones."""

    police_folder: Path | None = None
    """Drop folder that a gateway carries to 110's network and back (`callcenter/linkage/folder.py`)."""
    police_url: str = ""
    """Or the address of 110's interface; with neither, the channel is said to be not configured."""
    police_secret: str = ""
    """Signs what we send to `police_url`, and what 110 sends to us must be signed with it."""
    police_minutes: int = 30
    """A slip without receipt for so long stays with the hotline."""

    asr_audio_host: str = "127.0.0.1"
    asr_audio_port: int = 9099
    asr_http_url: str = "http://127.0.0.1:9098"

    @property
    def police_channel(self) -> str:
        """How slips go to 110: file, http, or empty."""
        return "file" if self.police_folder else "http" if self.police_url and self.police_secret else ""

    @property
    def browser_sip_url(self) -> str:
        return self.sip_websocket_url or f"ws://{self.ari_host}:{self.ari_port}/ws"

    @property
    def sql_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'hotline.db'}"

    @property
    def recordings_dir(self) -> Path:
        return self.data_dir / "recordings"

    @property
    def prompts_dir(self) -> Path:
        """The sounds callers hear, made by `python -m voice prompts`."""
        return self.data_dir / "prompts" / "zh"

    @property
    def own_prompts_dir(self) -> Path:
        """Human recordings of this installation; one with a prompt's name is played instead of the voice."""
        return self.prompt_recordings or self.data_dir / "prompt-recordings"

    @property
    def reports_dir(self) -> Path:
        return self.data_dir / "reports"

    @property
    def run_dir(self) -> Path:
        return self.data_dir / "run"

    @property
    def asterisk_tree(self) -> Path:
        return self.asterisk_root or self.data_dir / "asterisk" / "root"


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
