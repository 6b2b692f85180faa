"""Offline Mandarin speech: the hotline's prompts, and scripted callers for tests and the demo."""

from voice.speech import say

__all__ = ["say"]
