from django.urls import path

from playbooks.views import exporting, library, questions, reading, runs

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
    path("playbooks/<slug:slug>/runs/", runs.of_playbook, name="playbook_runs"),
    path("playbooks/<slug:slug>/runs/start/", runs.start, name="run_start"),
    path("runs/", runs.runs, name="runs"),
    path("runs/export/", runs.export, name="runs_export"),
    path("runs/feeds/<str:token>/steps.ics", runs.calendar, name="runs_calendar"),
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/change/", runs.change, name="run_change"),
    path("runs/<int:pk>/assign/", runs.assign, name="run_assign"),
    path("runs/<int:pk>/take-over/", runs.take_over, name="run_take_over"),
    path("runs/<int:pk>/finish/", runs.finish, name="run_finish"),
    path("runs/<int:pk>/give-up/", runs.abandon, name="run_abandon"),
    path("runs/<int:pk>/reopen/", runs.reopen, name="run_reopen"),
    path("runs/<int:pk>/steps/<int:step_pk>/", runs.write, name="run_step"),
    path("runs/<int:pk>/steps/<int:step_pk>/tick/", runs.tick, name="run_tick"),
    path("runs/<int:pk>/points/<int:point_pk>/send/", runs.send, name="run_point_send"),
    path("desk/runs/", runs.figures, name="run_figures"),
    path("questions/", questions.questions, name="questions"),
    path("questions/ask/", questions.ask, name="ask"),
    path("questions/similar/", questions.similar, name="similar"),
    path("questions/<int:pk>/", questions.question, name="question"),
    path("questions/<int:pk>/answer/", questions.answer, name="answer"),
    path("questions/<int:pk>/reopen/", questions.reopen, name="reopen"),
    path("questions/<int:pk>/answers/<int:answer_pk>/accept/", questions.accept, name="accept"),
]
