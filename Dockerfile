# One image for the web server, the worker, the scheduler and the migrations.
FROM python:3.12-slim AS libraries
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/portal
COPY requirements.lock .
RUN /opt/portal/bin/pip install --require-hashes --no-deps --only-binary=:all: -r requirements.lock

FROM python:3.12-slim
ENV PATH=/opt/portal/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=coe_portal.settings \
    COE_DATA_DIR=/data \
    COE_STATIC_ROOT=/srv/static
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin portal \
    && mkdir /data /srv/static \
    && chown portal /data
COPY --from=libraries /opt/portal /opt/portal
WORKDIR /srv/portal
COPY . .
# Collecting needs settings but no database; these values are used for nothing else and stay in no layer's environment.
RUN COE_SITE_URL=https://build.invalid COE_SECRET_KEY=only-while-building DATABASE_URL=postgres://build/none \
    COE_DATA_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q /opt/portal/lib . \
    && rm -rf /tmp/build
USER 10001
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "coe_portal.wsgi:application", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=8", "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
