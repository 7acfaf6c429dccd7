"""Django wants this file; the routes are in api.py."""

urlpatterns: list = []
