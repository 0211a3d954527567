from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PoliciesConfig(AppConfig):
    name = "policies"
    verbose_name = _("Policies")

    def ready(self):
        import_module("policies.adapters").fill_slots()
        import_module("policies.imports")
