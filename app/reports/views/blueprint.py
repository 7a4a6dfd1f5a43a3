"""Where the pages of documents are hung up."""

from flask import Blueprint

blueprint = Blueprint("reports", __name__)
