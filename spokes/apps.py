from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SpokesConfig(AppConfig):
    name = "spokes"
    verbose_name = _("Departments and accounts")

    def ready(self):
        import_module("spokes.adapters").fill_slots()
