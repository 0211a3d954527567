from django.urls import path

from policies.views import download, feeds, guide, library, outside, reading, review, sign_off, signing

app_name = "policies"

urlpatterns = [
    path("", library.library, name="library"),
    path("on/", library.pick_day, name="pick_day"),
    path("on/<str:day>/", library.on_day, name="library_on_day"),
    path("feeds/<str:token>/policies.json", feeds.json_feed, name="json_feed"),
    path("feeds/<str:token>/policies.atom", feeds.atom, name="atom"),
    path("feeds/<str:token>/policies.ics", feeds.calendar, name="calendar"),
    path("<slug:slug>/", reading.policy, name="policy"),
    path("<slug:slug>/sign/", signing.sign, name="sign"),
    path("<slug:slug>/sign-off/", sign_off.policy, name="sign_off"),
    path("<slug:slug>/sign-off/export/", sign_off.policy_export, name="sign_off_export"),
    path("<slug:slug>/still-true/", reading.still_true, name="still_true"),
    path("<slug:slug>/versions/", reading.versions, name="versions"),
    path("<slug:slug>/versions/<int:number>/", reading.version, name="version"),
    path("<slug:slug>/versions/<int:number>/review/", review.read, name="review"),
    path("<slug:slug>/versions/<int:number>/review/comment/", review.comment, name="review_comment"),
    path("<slug:slug>/versions/<int:number>/review/done/", review.done, name="review_done"),
    path("<slug:slug>/versions/<int:number>/download/<str:format>/", download.download, name="download"),
    path("<slug:slug>/compare/<int:older>/<int:newer>/", reading.compare, name="compare"),
    path("<slug:slug>/on/<str:day>/", reading.on_day, name="on_day"),
]

# “May I post this?” has an address of its own.
guides = (
    [
        path("", guide.guides, name="guides"),
        path("<slug:slug>/", guide.guide, name="guide"),
    ],
    "guides",
)

# Drafts for people outside who were sent a link, apart from everything that needs an account.
outside_links = (
    [
        path("<str:token>/", outside.read, name="read"),
        path("<str:token>/comment/", outside.comment, name="comment"),
        path("<str:token>/done/", outside.done, name="done"),
    ],
    "outside",
)

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
