"""Sample mode only: sign in as one of the cast with one click."""

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from hub.models import User


@login_not_required
@require_POST
def sign_in(request, pk):
    if not settings.SAMPLE_MODE:
        raise Http404
    user = get_object_or_404(User.objects.active().filter(email__endswith="@larkfield.example"), pk=pk)
    return perform_login(request, user, email_verification="none")
