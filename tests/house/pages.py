"""What must be true of every page, checked whenever any test sees one."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse


@dataclass
class Form:
    """A form as a browser would send it untouched."""

    method: str
    action: str
    values: MultiDict[str, Any] = field(default_factory=MultiDict)


class Page(HTMLParser):
    """One HTML page, or a part of one: its title, its forms, and what is wrong with it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.is_whole = html.lstrip()[:5].lower() in {"<!doc", "<html"}
        self.lang = self.title = ""
        self.forms: list[Form] = []
        self.wrong: list[str] = []
        self._inside: list[str] = []
        self._select = self._textarea = ""
        self._has_choice = False
        self.feed(html)
        self.close()
        self._judge()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._judge_tag(tag, given)
        self._inside.append(tag)
        match tag:
            case "html":
                self.lang = given.get("lang", "")
            case "form":
                self._open_form(given)
            case "input" | "select" | "textarea" | "option" if "form" in self._inside:
                self._fill(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "title" in self._inside and "svg" not in self._inside:
            self.title += data.strip()
        if "textarea" in self._inside and "form" in self._inside:
            values = self.forms[-1].values
            values[self._textarea] = (values[self._textarea] + data).removeprefix("\n")

    def _judge_tag(self, tag: str, given: dict[str, str]) -> None:
        at = f"<{tag}> in line {self.getpos()[0]}"
        if "style" in given or tag == "style":
            self.wrong.append(f"{at} carries its own style")
        if tag == "script" and not given.get("src"):
            self.wrong.append(f"{at} carries its own script")
        self.wrong += [f"{at} has {name}=" for name in given if name.startswith("on")]

    def _open_form(self, given: dict[str, str]) -> None:
        if not given.get("method"):
            self.wrong.append(f"<form> in line {self.getpos()[0]} has no method")
        self.forms.append(Form(given.get("method", "get").lower(), given.get("action", "")))

    def _fill(self, tag: str, given: dict[str, str]) -> None:
        values = self.forms[-1].values
        name, value = given.get("name", ""), given.get("value", "")
        match tag, given.get("type", "text"):
            case "select", _:
                # A browser takes the first option of a simple list where none is marked.
                self._select, self._has_choice = name, "multiple" in given
            case "textarea", _:
                self._textarea, values[name] = name, ""
            case "option", _:
                self._choose(value, marked="selected" in given)
            case _, "checkbox" | "radio" if "checked" in given:
                values.add(name, value or "on")
            case _, "checkbox" | "radio" | "submit" | "button" | "image" | "reset" | "file":
                pass
            case _ if name:
                values.add(name, value)

    def _choose(self, value: str, *, marked: bool) -> None:
        values = self.forms[-1].values
        if marked and not self._has_choice:
            values.poplist(self._select)
        if marked or not (self._has_choice or self._select in values):
            values.add(self._select, value)
            self._has_choice = self._has_choice or marked

    def _judge(self) -> None:
        if self.is_whole and not self.title:
            self.wrong.append("the page has no <title>")
        if self.is_whole and not self.lang:
            self.wrong.append("<html> has no lang")
        for form in self.forms:
            if form.method == "post" and not form.values.get("csrf_token"):
                self.wrong.append(f'the form to "{form.action}" has no csrf_token')


class CheckingClient(FlaskClient):
    """Flask's test client, which fails the test on any page that is not as pages must be."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html":
            wrong = Page(response.text).wrong
            assert not wrong, f"{response.request.path}: " + "; ".join(wrong)
        return response

    def submit(self, path: str, *, action: str | None = None, **filled: Any) -> TestResponse:
        """Get the page, fill in its form and send it, as a browser would.

        ``action`` is the address that the form is sent to, where a page has several. A value of
        None leaves a field out, a list fills it more than once.
        """
        page = self.get(path)
        assert page.status_code == 200, f"{path} answers {page.status}"
        forms = [form for form in Page(page.text).forms if action in {None, form.action}]
        assert forms, f"{path} has no form {action or ''}"
        form = forms[0] if action else next((f for f in forms if f.method == "post"), forms[0])
        target = form.action or path
        for name, value in filled.items():
            chosen = value if isinstance(value, list) else [value]
            form.values.setlist(name, [one for one in chosen if one is not None])
        if form.method == "post":
            return self.post(target, data=form.values)
        return self.get(target, query_string=form.values)
