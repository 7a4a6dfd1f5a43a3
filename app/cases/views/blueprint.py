"""Where the pages of the queue are hung up."""

from flask import Blueprint

blueprint = Blueprint("cases", __name__)
