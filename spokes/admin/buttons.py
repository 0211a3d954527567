"""Acts beside an admin form: each a POST to its own address, its refusal a message."""

import functools

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from hub.exceptions import HubError


def act(model_admin, function):
    """A view that calls `function(obj, request)`, which returns the sentence to show, and goes back to the form."""

    @require_POST
    @functools.wraps(function)
    def view(request, pk):
        obj = get_object_or_404(model_admin.model, pk=pk)
        try:
            with_luck = function(obj, request)
        except HubError as error:
            messages.error(request, error.sentence)
        else:
            messages.success(request, with_luck)
        meta = model_admin.model._meta
        return redirect(f"admin:{meta.app_label}_{meta.model_name}_change", pk)

    return model_admin.admin_site.admin_view(view)
