"""Run a virtual terminal: `python -m simulator --profile ai_face --url ws://127.0.0.1:7788/pub/chat`."""

import argparse
import asyncio
from contextlib import suppress
from datetime import timedelta
import os
import random
import signal
import ssl
import stat
import sys

from .clock import local_now
from .console import Console, read_lines
from .features import FEATURES
from .flash import StateFileError
from .people import people
from .profiles import PROFILES
from .terminal import VirtualTerminal
from .timing import Timing


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A virtual access terminal. It reads commands from standard input; try help.",
    )
    parser.add_argument("--profile", choices=PROFILES, default="tfs30", help="kind of firmware")
    parser.add_argument("--serial", default="ZX00000001", help="serial number")
    parser.add_argument("--url", default="ws://127.0.0.1:7788/pub/chat", help="where the server listens")
    parser.add_argument("--insecure", action="store_true", help="trust any certificate, as terminals do")
    parser.add_argument("--source", help="dial from this address")
    parser.add_argument("--every", type=float, metavar="SECONDS", help="let a random user punch again and again")
    parser.add_argument("--users", type=int, default=6, metavar="N", help="number of sample people")
    parser.add_argument(
        "--state",
        metavar="FILE",
        help="keep people, settings and logs in this file, as a terminal keeps them without power; the sample people "
        "are only put into a new one",
    )
    parser.add_argument(
        "--lacks",
        action="append",
        choices=FEATURES,
        default=[],
        help="be firmware without this; may be given more than once",
    )
    parser.add_argument("--fast", action="store_true", help="wait much shorter than real firmware")
    parser.add_argument(
        "--drift",
        type=float,
        metavar="SECONDS",
        help="start with a clock this far ahead",
    )
    return parser.parse_args(words)


def write(text: str) -> None:
    """Print a line with the time."""
    print(f"{local_now():%H:%M:%S} {text}", flush=True)


def trusting_context() -> ssl.SSLContext:
    """Return a way to speak TLS with anybody."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def run(options: argparse.Namespace) -> None:
    """Run until a signal, `quit`, or the end of the input when nothing happens by itself."""
    timing = Timing.fast() if options.fast else Timing()
    tls = trusting_context() if options.insecure else None
    terminal = VirtualTerminal(options.profile, options.serial, options.url, timing, options.source, tls, options.state)
    terminal.listen(write)
    terminal.faults.lacks.update(options.lacks)
    if options.drift is not None:
        terminal.clock_offset = timedelta(seconds=options.drift)
    if terminal.restored:
        write(f"{len(terminal.users)} people, {terminal.unsent} unsent logs from {options.state}")
    else:
        for user in people(options.users):
            terminal.add_user(user)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with terminal, asyncio.TaskGroup() as group:
        tasks = [group.create_task(listen_to_keyboard(terminal, ended, alone=not options.every))]
        if options.every:
            tasks.append(group.create_task(punch_for_ever(terminal, options.every)))
        await ended.wait()
        for task in tasks:
            task.cancel()
    write("stopped")


async def listen_to_keyboard(terminal: VirtualTerminal, ended: asyncio.Event, *, alone: bool) -> None:
    """Carry out lines of standard input; its end is the end if nothing else happens here."""
    reader = await keyboard()
    if reader is not None and (await read_lines(Console(terminal, write), reader) or alone):
        ended.set()


async def keyboard() -> asyncio.StreamReader | None:
    """Return standard input as a stream, or nothing if nobody can ever type there."""
    with suppress(OSError, ValueError):
        mode = os.fstat(sys.stdin.fileno()).st_mode
        reader = asyncio.StreamReader()
        if stat.S_ISREG(mode):
            # A file cannot be waited for, but need not be either.
            reader.feed_data(sys.stdin.buffer.read())
            reader.feed_eof()
            return reader
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or sys.stdin.isatty():
            await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
            return reader
    return None


async def punch_for_ever(terminal: VirtualTerminal, seconds: float) -> None:
    """Let a random user punch every so many seconds."""
    while True:
        await asyncio.sleep(seconds)
        if terminal.users:
            # A demonstration needs no secrets.
            terminal.punch(random.choice(list(terminal.users)))  # noqa: S311


def main() -> None:
    """Run the command line."""
    try:
        asyncio.run(run(arguments()))
    except StateFileError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
