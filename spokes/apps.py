from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SpokesConfig(AppConfig):
    name = "spokes"
    verbose_name = _("Departments and accounts")
