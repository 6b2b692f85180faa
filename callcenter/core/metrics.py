"""Names of all Prometheus metrics, in one place."""

from prometheus_client import Counter, Gauge, Histogram

AGI_SESSIONS = Counter("callcenter_agi_sessions_total", "FastAGI sessions by script and result", ["script", "result"])
AGI_SECONDS = Histogram("callcenter_agi_seconds", "Time a FastAGI script took", ["script"])
AMI_CONNECTED = Gauge("callcenter_ami_connected", "1 while the link to the PBX is up")
PBX_EVENTS = Counter("callcenter_pbx_events_total", "PBX events handled", ["event", "result"])
TRANSCRIPT_SEGMENTS = Counter("callcenter_transcript_segments_total", "Transcript messages received", ["kind"])
EVENTS_DROPPED = Counter("callcenter_events_dropped_total", "Browser events not sent because Redis did not answer")
JOBS = Counter("callcenter_jobs_total", "Background work by actor and result", ["actor", "result"])
