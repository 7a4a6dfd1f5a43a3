"""Forms that say what is wrong with a field in the language of their page."""

from typing import Any

from flask_babel import get_translations, lazy_ngettext
from wtforms import Form as PlainForm

from app.i18n.words import later as _l

BUILT_IN = (
    _l("This field is required."),
    _l("Invalid input."),
    _l("Invalid Choice: could not coerce."),
    _l("Invalid choice(s): one or more data inputs could not be coerced."),
    _l("Not a valid choice."),
    _l("Not a valid integer value."),
    _l("Not a valid date value."),
    _l("Not a valid datetime value."),
    _l("Not a valid time value."),
    _l("Number must be at least %(min)s."),
    _l("Number must be at most %(max)s."),
    _l("Number must be between %(min)s and %(max)s."),
    lazy_ngettext(
        "Field cannot be longer than %(max)d character.",
        "Field cannot be longer than %(max)d characters.", 1,
    ),
    lazy_ngettext(
        "Field must be at least %(min)d character long.",
        "Field must be at least %(min)d characters long.", 1,
    ),
    lazy_ngettext(
        "'%(value)s' is not a valid choice for this field.",
        "'%(value)s' are not valid choices for this field.", 1,
    ),
)  # fmt: skip
"""What WTForms says by itself where a field brings no words of its own. Its own Chinese is stiff,
and wrong where it says "larger" for "at least": ours stands in the catalogue.
"""


class Form(PlainForm):
    """The base of all forms."""

    class Meta:
        """How WTForms finds its words."""

        def get_translations(self, _form: PlainForm) -> Any:
            """Return the catalogue of the language being spoken."""
            return get_translations()
