"""A person at a browser without JavaScript: reads pages, follows their links, fills in the forms they show."""

import re
from html.parser import HTMLParser

from django.test import Client


class _Forms(HTMLParser):
    """Collects the page's forms with the values they come with."""

    def __init__(self):
        super().__init__()
        self.forms, self.links, self.text = [], [], []
        self._form = self._select = self._area = None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "a":
            self.links.append(attrs.get("href"))
        elif tag == "form":
            self._form = {"action": attrs.get("action") or "", "method": attrs.get("method", "get"), "data": {}}
            self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "input" and attrs.get("name"):
            kind = attrs.get("type", "text")
            if kind in {"submit", "button", "image"} or (kind in {"checkbox", "radio"} and "checked" not in attrs):
                return
            self._form["data"][attrs["name"]] = attrs.get("value", "on" if kind == "checkbox" else "")
        elif tag == "button" and attrs.get("formaction"):
            self.forms.append({**self._form, "action": attrs["formaction"]})
        elif tag == "select":
            self._select = attrs.get("name")
        elif tag == "option" and self._select and ("selected" in attrs or self._select not in self._form["data"]):
            self._form["data"][self._select] = attrs.get("value", "")
        elif tag == "textarea":
            self._area = attrs.get("name")
            self._form["data"][self._area] = ""

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data):
        if self._area and self._form:
            self._form["data"][self._area] += data
        self.text.append(data)


class Browser:
    """One person's window. `page` is the last response, `text` its words with single blanks."""

    def __init__(self, person=None):
        self.client = Client(enforce_csrf_checks=False)
        if person is not None:
            self.client.force_login(person)
        self.page = self.text = None
        self.forms, self.links = [], []

    def open(self, url, *, status=200):
        return self._read(self.client.get(url, follow=True), status)

    def follow(self, url):
        """Opens a link that the page really shows."""
        assert url in self.links, f"no link to {url} among {self.links}"
        return self.open(url)

    def submit(self, action="", *, status=200, **values):
        """Fills in and sends the POST form whose address ends so; what is not named stays as the page gave it."""
        posts = [form for form in self.forms if form["method"].lower() == "post"]
        # As a browser does: where the page opens afterwards is not sent.
        posts = [form | {"action": form["action"].partition("#")[0]} for form in posts]
        found = [form for form in posts if form["action"].endswith(action)]
        if action == "":
            found = [form for form in found if form["action"] in {"", self.url}]
        assert found, f"no form to {action or 'this page'} among {[form['action'] for form in self.forms]}"
        form = found[0]
        url = form["action"] or self.url
        data = {**form["data"], **values}
        return self._read(
            self.client.post(url, data, follow=True, headers={"referer": f"http://testserver{self.url}"}), status
        )

    def forms_have(self, value):
        """Whether a field of the page holds this value."""
        return any(value in form["data"].values() for form in self.forms)

    @property
    def url(self):
        request = self.page.request
        return request["PATH_INFO"] + (f"?{request['QUERY_STRING']}" if request.get("QUERY_STRING") else "")

    def _read(self, response, status):
        problem = " ".join(re.findall(r"There is a problem.*?</ul>", response.content.decode(), re.S))
        assert response.status_code == status, f"{response.status_code} at {response.request['PATH_INFO']} {problem}"
        self.page = response
        found = _Forms()
        found.feed(response.content.decode())
        self.forms, self.links = found.forms, found.links
        self.text = " ".join(" ".join(found.text).split())
        return self
