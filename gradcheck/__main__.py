"""The command `gradcheck`, also `python -m gradcheck`.

Nothing is imported here before signals are taken: Ctrl-C comes during imports, too.
"""

import os
import sys


def main() -> int:
    """Run the command with the process's arguments; its exit status."""
    try:
        _search_the_working_directory_last()
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


def _search_the_working_directory_last() -> None:
    """`python -m` searches it first: a random.py of the user's there would be everybody's `random`.

    A checkout that is not installed is found there, and stays where it is.
    """
    try:
        here = os.getcwd()
    except OSError:  # it has been removed
        return
    if sys.path[:1] == [here] != [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]:
        sys.path.append(sys.path.pop(0))


if __name__ == "__main__":
    sys.exit(main())
