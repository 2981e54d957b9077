"""Django with Django OAuth Toolkit, its data in memory. It prints its address.

There is one person, ada, with the password made-up-password, and one client: made-up-client with
made-up-client-secret.
"""

import subprocess
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.http import JsonResponse
from django.urls import include, path

KEY = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True, text=True).stdout

LOGIN = "<form method=post>{% csrf_token %}{{ form }}<button>Log in</button></form>"


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


listener = make_server("127.0.0.1", 0, None, handler_class=Quiet)
ORIGIN = f"http://127.0.0.1:{listener.server_port}"

settings.configure(
    SECRET_KEY="made up",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    LOGIN_URL="/login/",
    USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"login.html": LOGIN}),
                    "django.template.loaders.app_directories.Loader",
                ],
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                ]
            },
        }
    ],
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": f"{ORIGIN}/o",
        "OIDC_RSA_PRIVATE_KEY": KEY,
        "PKCE_REQUIRED": True,
        "SCOPES": {"openid": "Who you are", "read": "Read", "write": "Write"},
        "REQUEST_APPROVAL_PROMPT": "force",
    },
)
django.setup()

from django.contrib.auth import get_user_model
from django.contrib.auth.views import LoginView
from django.core.wsgi import get_wsgi_application
from oauth2_provider.decorators import protected_resource
from oauth2_provider.models import get_application_model


@protected_resource()
def me(request):
    return JsonResponse({"id": request.resource_owner.pk, "email": request.resource_owner.email})


urlpatterns = [
    path("login/", LoginView.as_view(template_name="login.html")),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("me", me),
]

call_command("migrate", verbosity=0)
get_user_model().objects.create_user("ada", "ada@example.test", "made-up-password")
Application = get_application_model()
Application.objects.create(
    name="Keyway",
    client_id="made-up-client",
    client_secret="made-up-client-secret",
    client_type=Application.CLIENT_CONFIDENTIAL,
    authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
    redirect_uris="http://127.0.0.1:7317/oauth2/callback",
    algorithm=Application.RS256_ALGORITHM,
)
listener.set_app(get_wsgi_application())
print(ORIGIN, flush=True)
listener.serve_forever()
