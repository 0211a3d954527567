from django.urls import path

from playbooks.views import exporting, library, questions, reading

app_name = "playbooks"
urlpatterns = [
    path("playbooks/", library.library, name="library"),
    path("playbooks/export.zip", exporting.export, name="export"),
    path("playbooks/<slug:slug>/", reading.playbook, name="playbook"),
    path("playbooks/<slug:slug>/download/", exporting.download, name="download"),
    path("playbooks/<slug:slug>/vote/", reading.vote, name="vote"),
    path("playbooks/<slug:slug>/verify/", reading.verify, name="verify"),
    path("playbooks/<slug:slug>/revisions/<int:number>/", reading.revision, name="revision"),
    path("playbooks/<slug:slug>/compare/", reading.choose_comparison, name="choose_comparison"),
    path("playbooks/<slug:slug>/compare/<int:older>/<int:newer>/", reading.compare, name="compare"),
    path("questions/", questions.questions, name="questions"),
    path("questions/ask/", questions.ask, name="ask"),
    path("questions/similar/", questions.similar, name="similar"),
    path("questions/<int:pk>/", questions.question, name="question"),
    path("questions/<int:pk>/answer/", questions.answer, name="answer"),
    path("questions/<int:pk>/reopen/", questions.reopen, name="reopen"),
    path("questions/<int:pk>/answers/<int:answer_pk>/accept/", questions.accept, name="accept"),
]
