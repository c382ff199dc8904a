"""The command line: `python -m bot COMMAND`. Exit codes: 0 done; 2 wrong use or bad input, nothing changed."""

import os
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from bot import commands, terminal
from locales import _, speaking


def build() -> typer.Typer:
    """The commands, with their help in the language being spoken."""
    app = typer.Typer(
        name="bot",
        help=_("驻村助手"),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for module in sorted(found.name for found in pkgutil.iter_modules(commands.__path__)):
        import_module(f"bot.commands.{module}").register(app)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    with speaking(terminal.language(os.environ)):
        try:
            with terminal.plain_errors():
                code = build()(args=arguments, prog_name="python -m bot", standalone_mode=False)
        except terminal.CommandError as error:
            print(error, file=sys.stderr)
            return 2
        except typer.TyperException as error:
            print(terminal.misuse(error), file=sys.stderr)
            return 2
        except typer.Abort:
            print(_("已取消，没有改动。"), file=sys.stderr)
            return 2
        except typer.Exit as done:
            return done.exit_code
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
