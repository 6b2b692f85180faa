"""What was said in a call: live segments from asr, and what was missed made up from the recording."""
