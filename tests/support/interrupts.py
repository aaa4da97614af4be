"""Ctrl-C for child processes: background jobs ignore it, and pass that on to their children."""

import signal


def heed_ctrl_c() -> None:
    """Give a child, before it starts, the ordinary answer to SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
