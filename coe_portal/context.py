"""What every page knows."""

from django.conf import settings

from coe_portal.navigation import footer_for, navigation_for, user_menu_for


def portal(request):
    user = getattr(request, "user", None)
    return {
        "navigation": navigation_for(user, request.path),
        "user_menu": user_menu_for(user),
        "footer_links": footer_for(user),
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "sample_mode": settings.SAMPLE_MODE,
        "signup_is_open": bool(settings.SIGNUP_DOMAINS),
        "security_contact": settings.SECURITY_CONTACT,
    }
