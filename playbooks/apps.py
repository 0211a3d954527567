from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlaybooksConfig(AppConfig):
    name = "playbooks"
    verbose_name = _("Playbooks")

    def ready(self):
        import_module("playbooks.fillers")
        import_module("playbooks.followed")
        import_module("playbooks.imports")
