"""Scripted SIP phones: real SIP and RTP over UDP, driven by tests, the demo and benchmarks; nothing of the product."""

from softphone.dialog import State
from softphone.errors import CallFailed, PhoneError, PhoneTimeout
from softphone.leg import CallLeg
from softphone.phone import Phone
from softphone.sound import (
    CITIZEN_HZ,
    DEPARTMENT_HZ,
    OPERATOR_HZ,
    energy_at,
    load_wav,
    rms,
    save_wav,
    tone,
    tones,
    wait_tone,
)

__all__ = [
    "CITIZEN_HZ",
    "DEPARTMENT_HZ",
    "OPERATOR_HZ",
    "CallFailed",
    "CallLeg",
    "Phone",
    "PhoneError",
    "PhoneTimeout",
    "State",
    "energy_at",
    "load_wav",
    "rms",
    "save_wav",
    "tone",
    "tones",
    "wait_tone",
]
