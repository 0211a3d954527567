from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class PortalConfig(AppConfig):
    name = "coe_portal"
    verbose_name = "Portal"


class PortalStaticFilesConfig(StaticFilesConfig):
    # The sources of the joined files are not for browsers (see coe_portal.joined_static).
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "css/portal/*", "js/portal/*"]
