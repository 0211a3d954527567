"""How allauth meets the portal: who may sign up, and that its mail goes through the outbox like all other."""

import uuid

from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from hub import mail
from hub.models import User
from hub.tasks import deliver_outbox
from hub.wake import wake

# In a session: its person has signed in and not yet seen a page.
JUST_SIGNED_IN = "just_signed_in"


def display_name(user):
    return user.name


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This address and this password do not belong together."),
    }

    def is_open_for_signup(self, request):
        return bool(settings.SIGNUP_DOMAINS)

    def clean_email(self, email):
        email = super().clean_email(email).lower()
        match = self.request.resolver_match if self.request else None
        if match and match.url_name in {"account_signup", "account_email"}:
            self._check_works_here(email)
        return email

    def _check_works_here(self, email):
        """Whoever signs up, or adds an address, uses one of the company's; staff may add anybody."""
        domains = settings.SIGNUP_DOMAINS
        if not domains and self.request.user.is_authenticated:
            domains = [self.request.user.email.rpartition("@")[2].lower()]
        if email.rpartition("@")[2] not in domains:
            allowed = ", ".join(f"@{name}" for name in domains)
            raise forms.ValidationError(
                _("Use your work address (%(allowed)s). No such address? Ask the hub to add you."),
                params={"allowed": allowed},
            )

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        request.session[JUST_SIGNED_IN] = True
        return response

    def send_mail(self, template_prefix, email, context):
        """Posts to the outbox: the answer takes the same time whether or not the address is known."""
        message = self.render_mail(template_prefix, email, context)
        html = next((body for body, kind in getattr(message, "alternatives", []) if kind == "text/html"), "")
        mail.post_raw(
            kind="sign_in",
            to=User.objects.filter(email__iexact=email).first(),
            address=email,
            about=template_prefix.rpartition("/")[2][:80],
            period=uuid.uuid4().hex,
            subject=" ".join(message.subject.split())[:250],
            text=message.body if not html or message.body != html else "",
            html=html,
        )
        wake(deliver_outbox)


class SignupForm(forms.Form):
    """What we ask beside address and password. The home department is chosen on the first visit."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput({"autocomplete": "name"}))
    field_order = ["name", "email", "password1", "password2"]

    def signup(self, request, user):
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
