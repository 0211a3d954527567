from django.urls import path

from engagements.views import catalogue, desk, filing, requests

app_name = "engagements"

urlpatterns = [
    path("services/", catalogue.catalogue, name="catalogue"),
    path("services/<slug:slug>/", catalogue.service, name="service"),
    path("services/<slug:slug>/request/", filing.request_form, name="request_form"),
    path("services/<slug:slug>/request/draft/", filing.autosave, name="autosave"),
    path("services/<slug:slug>/request/suggest/", filing.suggest, name="suggest"),
    path("requests/", requests.requests, name="requests"),
    path("requests/<int:number>/", requests.detail, name="request"),
    path("requests/<int:number>/filed/", filing.filed, name="filed"),
    path("requests/<int:number>/discard/", filing.discard, name="discard"),
    *[
        path(f"requests/<int:number>/{name.replace('_', '-')}/", requests.act, {"name": name}, name=name)
        for name in requests.DEEDS
    ],
    path("questions/<int:number>/request/", requests.from_question, name="from_question"),
    path("desk/", desk.desk, name="desk"),
    path("desk/queue/", desk.queue, name="queue"),
    path("desk/queue/act/", desk.queue_act, name="queue_act"),
]
