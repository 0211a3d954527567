"""What every page knows."""

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from coe_portal.navigation import footer_for, navigation_for, user_menu_for
from coe_portal.sample_cast import sample_cast


def portal(request):
    user = getattr(request, "user", None)
    return {
        "navigation": navigation_for(user, request.path),
        "user_menu": user_menu_for(user),
        "footer_links": footer_for(user),
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "sample_mode": settings.SAMPLE_MODE,
        # Asked of the database only where a template looks: on the sign-in page.
        "sample_cast": SimpleLazyObject(sample_cast),
        "signup_is_open": bool(settings.SIGNUP_DOMAINS),
        "security_contact": settings.SECURITY_CONTACT,
    }
