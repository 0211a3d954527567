"""What an action of the hub sends off."""

from celery import shared_task

from hub import mail


@shared_task(name="hub.deliver_outbox")
def deliver_outbox():
    return mail.deliver()
