"""Where the pages of calls are hung up."""

from flask import Blueprint

blueprint = Blueprint("calls", __name__)
