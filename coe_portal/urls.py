"""Where things are."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from coe_portal.views import about, home, sample, search
from coe_portal.views.styleguide import styleguide
from policies.urls import desk as policies_desk
from policies.urls import guides, outside_links

# The admin's own sign-in knows no limits and no second step: everybody comes in through the portal's.
admin.site.login = secure_admin_login(admin.site.login)

app_urls = (
    [
        path("", home.home, name="home"),
        path("search/", search.search, name="search"),
        path("search/suggest/", search.suggest, name="suggest"),
        path("search/opened/", search.opened, name="search_opened"),
        path("search/forget/", search.forget, name="search_forget"),
        path("search/tell-me/", search.tell_me, name="search_tell_me"),
        path("hub/", about.hub, name="hub"),
        path("hub/proof-keys.txt", about.proof_keys, name="proof_keys"),
        path("hub/verify.py", about.verify_script, name="verify_script"),
        path("accessibility/", about.accessibility, name="accessibility"),
        path("robots.txt", about.robots, name="robots"),
        path("favicon.ico", about.favicon, name="favicon"),
        path(".well-known/security.txt", about.security_txt, name="security_txt"),
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
    path("", include("hub.urls")),
    path("", include("spokes.urls")),
    path("policies/", include("policies.urls")),
    path("may-i-post/", include(guides)),
    path("outside/", include(outside_links)),
    path("desk/", include(policies_desk)),
    path("", include("engagements.urls")),
    path("", include("playbooks.urls")),
]
