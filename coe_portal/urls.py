"""Where things are."""

from django.contrib import admin
from django.urls import include, path

from coe_portal.views import home, sample
from coe_portal.views.styleguide import styleguide

app_urls = (
    [
        path("", home.home, name="home"),
        path("styleguide/", styleguide, name="styleguide"),
        path("styleguide/<slug:page>/", styleguide, name="styleguide_page"),
        path("sample/sign-in/<int:pk>/", sample.sign_in, name="sample_sign_in"),
    ],
    "portal",
)

urlpatterns = [
    path("", include(app_urls)),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("policies/", include("policies.urls")),
    path("", include("engagements.urls")),
    path("", include("playbooks.urls")),
]
