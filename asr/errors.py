"""What can go wrong in asr; the text is a Chinese sentence with the remedy, for people."""


class AsrError(Exception):
    """Any error asr reports to people."""


class BadRecording(AsrError):
    """The file is not a recording that can be transcribed."""


class FramingError(AsrError):
    """The peer does not speak AudioSocket."""


class NoEngine(AsrError):
    """No recogniser can run on this machine as it is."""


class ModelFetchFailed(AsrError):
    """The model could not be downloaded or is not the one expected."""
