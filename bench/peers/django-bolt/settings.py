"""As small as Django allows: no database, no admin, no middleware."""

SECRET_KEY = "only for a benchmark on this machine"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["django_bolt"]
ROOT_URLCONF = "urls"
BOLT_API = ["api:api"]
USE_TZ = True
