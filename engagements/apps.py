from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EngagementsConfig(AppConfig):
    name = "engagements"
    verbose_name = _("Requests and services")

    def ready(self):
        import_module("engagements.fillers").fill_slots()
