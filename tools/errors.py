"""The errors that EditThinker raises.

Every message says what failed, with which value, and what to do. Third-party exceptions are
converted once, in the adapter that caused them, with `raise ... from exc`.
"""


class EditThinkerError(Exception):
    """Any failure that EditThinker foresaw; its message is fit to show to a person."""

    def _asdict(self) -> dict[str, str]:
        # LangGraph's server hides the text of errors that it does not know how to write as JSON.
        return {"error": type(self).__name__, "message": str(self)}


class ConfigError(EditThinkerError):
    """A setting, a name or a command line that cannot work."""


class MediaError(EditThinkerError):
    """An image that cannot be used: missing, broken, too large or of an unsupported kind."""


class EditorError(EditThinkerError):
    """An editor made no image."""


class EditRefusedError(EditorError):
    """An editor understood that it cannot do what the prompt asks.

    The message says what it can do, for the person and for the thinker.
    """


class ThinkerError(EditThinkerError):
    """A thinker gave no usable thought."""


class ReplyParseError(ThinkerError):
    """A model's reply could not be read, even after asking again."""


class JudgeError(EditThinkerError):
    """A benchmark judge gave no usable score."""


class TransientError(EditThinkerError):
    """Mix-in: trying the same call again may help (time-outs, overload, lost connections)."""


class TransientEditorError(EditorError, TransientError):
    """An editor failed in a way that a retry may mend."""


class TransientThinkerError(ThinkerError, TransientError):
    """A thinker failed in a way that a retry may mend."""
