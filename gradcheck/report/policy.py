"""The Content-Security-Policy of a page: what it may load and run, which is next to nothing.

A style sheet or a script inside a page is allowed by the hash of its text, so nothing that records bring
along is: no handler in an attribute, no `javascript:` address, no other script, no style.
"""

from __future__ import annotations

import base64
import hashlib

from markupsafe import Markup


def policy(style: str = "", script: str = "", *, with_figures: object = False) -> Markup:
    """The policy of a page that holds this style sheet and script; without a style the folder's is used.

    ``with_figures``: the page loads the folder's script, which turns plots into PNGs by a `data:` image.

    >>> str(policy())
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
    >>> str(policy("p {}")).split("; ")[1]
    "style-src 'sha256-SNJDlN1Iy2mnt7DOjQIyDb2LQE6O5PQiSZomcdzawQ4='"
    """
    styles = f"style-src {_hash(style) if style else _SAME_ORIGIN}"
    scripts = [f"script-src {_hash(script) if script else _SAME_ORIGIN}"] if script or with_figures else []
    return Markup("; ".join(["default-src 'none'", styles, *scripts, *_REST]))


_SAME_ORIGIN = "'self'"
# Images are the icon, and a plot that becomes a PNG. The other two do not follow default-src.
_REST = ("img-src data:", "base-uri 'none'", "form-action 'none'")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
