#!/usr/bin/env bash
# A fresh project over Debian's Django with nothing but its own admin pages. Answers at /admin/login/ when ready.
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
need python3-django
/usr/bin/python3 -m django startproject legacy .
printf "\nALLOWED_HOSTS = ['127.0.0.1']\n" >>legacy/settings.py
/usr/bin/python3 manage.py migrate >>install.log 2>&1
DJANGO_SUPERUSER_PASSWORD=$APP_PASSWORD /usr/bin/python3 manage.py createsuperuser --noinput --username admin --email admin@example.com >>install.log 2>&1
/usr/bin/python3 manage.py shell -c "
from django.contrib.auth.models import User
User.objects.bulk_create([User(username=f'extra{i}', email=f'extra{i}@example.com', is_active=i % 10 != 0) for i in range(130)])
" >>install.log 2>&1
exec /usr/bin/python3 manage.py runserver --noreload "127.0.0.1:$PORT" >>server.log 2>&1
