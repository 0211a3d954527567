from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.utils.translation.trans_real import translation


class PortalConfig(AppConfig):
    default = True
    name = "coe_portal"
    verbose_name = "Portal"

    def ready(self):
        for code, _name in settings.LANGUAGES:
            drop_empty_fallbacks(translation(code))


def drop_empty_fallbacks(catalog):
    """Django looks for a word that is not translated in the parent language of every app; most hold no word at all."""
    while catalog._fallback is not None:
        if len(catalog._fallback._catalog) <= 1:  # its header alone
            catalog._fallback = catalog._fallback._fallback
        else:
            catalog = catalog._fallback


class PortalStaticFilesConfig(StaticFilesConfig):
    # The sources of the joined files are not for browsers (see coe_portal.joined_static).
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "css/portal/*", "js/portal/*"]
