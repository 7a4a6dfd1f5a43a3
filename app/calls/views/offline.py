"""What lets a volunteer go on without a line: the batch for the device, the service worker, the
page that stands for all that can't be had now.
"""

from pathlib import Path

from flask import Response, current_app, jsonify, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.calls.screen import device
from app.calls.views.blueprint import blueprint
from app.calls.views.shared import RINGS
from app.campaigns.rules.dispositions import DISPOSITIONS
from app.i18n import lang
from app.packing import packed
from app.people.session import actor
from app.web import lasting, now, public, reading

ICONS = (("ringround.svg", "any", "any"), ("ringround-192.png", "192x192", "any maskable"))


@blueprint.app_context_processor
def furniture() -> dict[str, bool]:
    """Whether this is somebody who rings, so that the page minds the device."""
    return {"rings": current_user.is_authenticated and current_user.role in RINGS}


@blueprint.get("/calls/held")
@public
@packed
def held() -> dict[str, object]:
    """Whose account it is, what it holds, and our clock: the device's may be wrong.

    Where nobody is signed in, or somebody who does not ring, this says so: a device keeps for
    nobody else what it kept for somebody, whatever ended their session.
    """
    moment, pages = now(), []
    if furniture()["rings"]:
        with reading() as session:
            pages = device.held(session, actor(), moment)
    whose = actor().id if current_user.is_authenticated else None
    return {"user": whose, "now": moment.isoformat(), "pages": pages}


@blueprint.get("/calls/offline")
@public
@packed
def offline() -> str:
    """Stands on the device in clear, so that it tells nothing of anybody."""
    results = [(code, row.label(lang())) for code, row in DISPOSITIONS.items()]
    return render_template("calls/offline.html", results=results)


@blueprint.get("/sw.js")
@public
@packed
@lasting
def worker() -> Response:
    """The service worker: from the root, for it has a say only in what lies below its address."""
    script = Path(current_app.static_folder or "", "js", "worker.js").read_bytes()
    return Response(script, content_type="text/javascript; charset=utf-8")


@blueprint.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """What makes the site an app on the home screen of a phone."""
    answer = jsonify(
        {
            "name": _("Ringround"),
            "short_name": _("Ringround"),
            "description": _("Telephone check of residents"),
            "lang": "zh-CN" if lang() == "zh" else "en",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f2f5f8",
            "theme_color": "#1b3261",
            "icons": [_icon(*icon) for icon in ICONS],
        }
    )
    answer.content_type = "application/manifest+json"
    return answer


def _icon(name: str, sizes: str, purpose: str) -> dict[str, str]:
    kind = "image/svg+xml" if name.endswith("svg") else "image/png"
    where = url_for("static", filename=f"icons/{name}")
    return {"src": where, "sizes": sizes, "type": kind, "purpose": purpose}
