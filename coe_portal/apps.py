from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "coe_portal"
    verbose_name = "Portal"
