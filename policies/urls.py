from django.urls import path

from policies.views import library, reading, sign_off, signing

app_name = "policies"

urlpatterns = [
    path("", library.library, name="library"),
    path("<slug:slug>/", reading.policy, name="policy"),
    path("<slug:slug>/sign/", signing.sign, name="sign"),
    path("<slug:slug>/sign-off/", sign_off.policy, name="sign_off"),
    path("<slug:slug>/sign-off/export/", sign_off.policy_export, name="sign_off_export"),
    path("<slug:slug>/still-true/", reading.still_true, name="still_true"),
    path("<slug:slug>/versions/", reading.versions, name="versions"),
    path("<slug:slug>/versions/<int:number>/", reading.version, name="version"),
    path("<slug:slug>/compare/<int:older>/<int:newer>/", reading.compare, name="compare"),
    path("<slug:slug>/on/<str:day>/", reading.on_day, name="on_day"),
]

# The hub's own pages about signatures, below /desk/.
desk = (
    [
        path("sign-off/", sign_off.campaigns, name="campaigns"),
        path("sign-off/<int:pk>/", sign_off.campaign, name="campaign"),
        path("sign-off/<int:pk>/export/", sign_off.campaign_export, name="campaign_export"),
        path("sign-off/<int:pk>/remind/", sign_off.remind, name="campaign_remind"),
    ],
    "sign_off",
)
