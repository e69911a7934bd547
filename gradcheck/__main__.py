"""The command `gradcheck`, also `python -m gradcheck`.

Nothing is imported here before signals are taken: Ctrl-C comes during imports, too.
"""

import sys


def main() -> int:
    """Run the command with the process's arguments; its exit status."""
    try:
        from gradcheck.system import signals, streams

        signals.install()
    except KeyboardInterrupt:
        print("gradcheck: interrupted", file=sys.stderr)
        return 130
    try:
        if not streams.prepare():
            streams.note("gradcheck: error: standard output is closed; /dev/null takes what is not wanted")
            return 2
        from gradcheck import cli

        return cli.main()
    except ImportError as error:  # of what the command is made of; it says what is missing
        streams.note(f"gradcheck: error: {str(error).removeprefix('gradcheck: ')}")
        return 2
    finally:
        streams.finish()


if __name__ == "__main__":
    sys.exit(main())
