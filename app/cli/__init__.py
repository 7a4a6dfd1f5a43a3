"""The command line: the same use cases as the pages, for the shell."""

import gc
import sys

NEW_OBJECTS = 50_000
"""How many have to be made before Python looks for garbage that refers to itself."""


def collect_seldom() -> None:
    """Look for such garbage in what is made from now on only, and far less often than Python does.

    What a request makes, or a part of a roster, goes by itself; looking through it after every 700
    objects, and through all that is loaded now and then, takes a fifth of the time.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 20)


def main() -> None:
    """Run ``ringround``. Exit 0 done, 1 found problems, 2 wrong use."""
    gc.disable()  # nothing that is loaded here becomes garbage
    from sqlalchemy.exc import ArgumentError

    from app import bare_app
    from app.config import Settings, SettingsError

    try:
        app = bare_app(Settings.from_environment())
    except (SettingsError, ArgumentError) as error:
        print(f"ringround: {error}", file=sys.stderr)
        sys.exit(2)
    with app.app_context():
        # Imported in the app's context, so that help texts take the deployment's language.
        from app.cli.commands import ringround

        collect_seldom()
        gc.enable()
        ringround()
