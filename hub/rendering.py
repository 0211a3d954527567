"""Form controls, written as Django's own templates write them, at a tenth of the cost.

A select of eighty choices takes Django two hundred template renders. What is not here is left to the templates; a
test holds that both say the same.
"""

from django.forms.renderers import TemplatesSetting
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe

WIDGETS = "django/forms/widgets/"
INPUTS = ("text", "hidden", "date", "datetime", "time", "number", "email", "url", "password", "checkbox", "input")


def _attributes(widget):
    return "".join(
        f" {conditional_escape(name)}" if value is True else f' {conditional_escape(name)}="{_text(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _text(value):
    return conditional_escape(value if hasattr(value, "__html__") else str(value))


def _input(widget):
    value = "" if widget["value"] is None else f' value="{_text(widget["value"])}"'
    return f'<input type="{widget["type"]}" name="{conditional_escape(widget["name"])}"{value}{_attributes(widget)}>'


def _textarea(widget):
    value = _text(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{conditional_escape(widget["name"])}"{_attributes(widget)}>\n{value}</textarea>'


def _select(widget):
    parts = [f'<select name="{conditional_escape(widget["name"])}"{_attributes(widget)}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f'\n  <optgroup label="{conditional_escape(group)}">')
        parts += (
            f'\n  <option value="{_text(option["value"])}"{_attributes(option)}>{conditional_escape(option["label"])}'
            "</option>\n"
            for option in options
        )
        if group:
            parts.append("\n  </optgroup>")
    return "".join([*parts, "\n</select>"])


WRITTEN = {
    **{f"{WIDGETS}{name}.html": _input for name in INPUTS},
    f"{WIDGETS}textarea.html": _textarea,
    f"{WIDGETS}select.html": _select,
}


class Renderer(TemplatesSetting):
    """The setting FORM_RENDERER."""

    def render(self, template_name, context, request=None):
        write = WRITTEN.get(template_name)
        if write is None:
            return super().render(template_name, context, request)
        return mark_safe(write(context["widget"]))
