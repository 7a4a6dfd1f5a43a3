"""The command line: the same use cases as the pages, for the shell."""

import gc
import sys


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

        gc.enable()
        ringround()
