"""Starts the peer: python manage.py runbolt --host 127.0.0.1 --port 8080"""

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
execute_from_command_line(sys.argv)
