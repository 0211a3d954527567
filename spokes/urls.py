from django.urls import path

from spokes.views import departments, register, welcome

app_name = "spokes"

urlpatterns = [
    path("welcome/", welcome.welcome, name="welcome"),
    path("departments/", departments.departments, name="departments"),
    path("departments/<slug:slug>/", departments.department, name="department"),
    path("register/", register.register, name="register"),
    path("register/export/", register.export, name="register_export"),
    path("register/add/", register.add, name="account_add"),
    path("register/<int:pk>/", register.account, name="account"),
    path("register/<int:pk>/edit/", register.edit, name="account_edit"),
    path("register/<int:pk>/review/", register.review, name="account_review"),
    path("register/<int:pk>/move/", register.move, name="account_move"),
]
