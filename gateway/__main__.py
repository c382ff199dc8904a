"""`python -m gateway --listen 127.0.0.1:8080 --db FILE|:memory:`: the gateway alone, for trying a bot against it."""

import argparse
import asyncio
import contextlib
import signal
import sqlite3
import sys

from gateway.server import Gateway, SamplePerson


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:8080", metavar="HOST:PORT", type=_address)
    parser.add_argument("--db", default=":memory:", metavar="FILE", help="SQLite file, or :memory: (the default)")
    parser.add_argument("--rate", default=0.0, type=float, help="messages a second the bot may send; 0 is no limit")
    parser.add_argument("--public-url", metavar="URL", help="where people reach the page")
    parser.add_argument(
        "--person", action="append", default=[], metavar="ID:NAME[:TITLE]", type=_person,
        help="somebody one may be on this machine; can be given several times",
    )  # fmt: skip
    return parser.parse_args()


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


def _person(text: str) -> SamplePerson:
    number, _, rest = text.partition(":")
    name, _, title = rest.partition(":")
    if not number.isascii() or not number.isdigit() or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not ID:NAME or ID:NAME:TITLE")
    return SamplePerson(int(number), name, title)


async def _serve(arguments: argparse.Namespace) -> None:
    host, port = arguments.listen
    gateway = await Gateway.start(
        db=arguments.db, host=host, port=port, public_url=arguments.public_url, rate=arguments.rate
    )
    try:
        await gateway.offer_people(arguments.person)
        print(f"page and Bot API: {gateway.url}\nbot token: {gateway.token}", flush=True)
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(number, stopped.set)
        await stopped.wait()
    finally:
        await gateway.close()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # Windows has none
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def main() -> int:
    try:
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(_serve(_arguments()))
    except (OSError, sqlite3.Error) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
