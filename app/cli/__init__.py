"""The command line: the same use cases as the pages, for the shell."""

import gc
import sys


def main() -> None:
    """Run ``ringround``. Exit 0 done, 1 found problems, 2 wrong use."""
    gc.disable()  # nothing that is loaded here becomes garbage
    from sqlalchemy.exc import ArgumentError

    from app import create_app
    from app.config import Settings, SettingsError

    try:
        app = create_app(Settings.from_environment())
    except (SettingsError, ArgumentError) as error:
        print(f"ringround: {error}", file=sys.stderr)
        sys.exit(2)
    with app.app_context():
        # Imported in the app's context, so that help texts take the deployment's language.
        from app.cli.commands import ringround

        gc.freeze()  # workers share what is loaded by now, and never look through it again
        gc.enable()
        ringround()
