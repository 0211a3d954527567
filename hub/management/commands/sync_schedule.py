import json

from django.core.management.base import BaseCommand
from django.utils.module_loading import autodiscover_modules
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

from hub.schedule import JOBS


class Command(BaseCommand):
    help = "Writes the declared jobs to the table that the beat reads. Times changed by staff are left alone."

    def handle(self, **options):
        autodiscover_modules("jobs")
        for job in JOBS.values():
            schedule = self.schedule_of(job)
            task, made = PeriodicTask.objects.get_or_create(
                name=job.name, defaults={"task": job.name, "description": str(job.says), **schedule}
            )
            if not made and task.description != str(job.says):
                PeriodicTask.objects.filter(pk=task.pk).update(description=str(job.says))
        gone = (
            PeriodicTask.objects.exclude(name__in=JOBS).exclude(name__startswith="celery.").filter(args=json.dumps([]))
        )
        gone.update(enabled=False)
        PeriodicTasks.update_changed()
        self.stdout.write(f"{len(JOBS)} jobs scheduled.")

    @staticmethod
    def schedule_of(job):
        if job.every:
            seconds = int(job.every.total_seconds())
            interval, _made = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
            return {"interval": interval}
        at = job.at
        cron, _made = CrontabSchedule.objects.get_or_create(
            minute=at._orig_minute,
            hour=at._orig_hour,
            day_of_week=at._orig_day_of_week,
            day_of_month=at._orig_day_of_month,
            month_of_year=at._orig_month_of_year,
            timezone="UTC",
        )
        return {"crontab": cron}
