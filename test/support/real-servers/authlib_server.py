"""An authorization server with Authlib and Flask, its data in memory. It prints its address.

The first parameter is a JSON list: the ways in which its clients may prove themselves. The person at its
pages is always Ada, who allows everything.
"""

import json
import os
import sys
import time
from wsgiref.simple_server import WSGIRequestHandler, make_server

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector, current_token
from authlib.jose import JsonWebKey
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import (
    DEVICE_CODE_GRANT_TYPE,
    DeviceAuthorizationEndpoint,
    DeviceCodeGrant,
    DeviceCredentialMixin,
)
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, request

METHODS = json.loads(sys.argv[1])
ADA = {"sub": "ada", "email": "ada@example.test"}
KEY = JsonWebKey.generate_key("RSA", 2048, {"kid": "made-up"}, is_private=True)
clients, codes, tokens, devices, used = {}, {}, [], {}, set()

app = Flask(__name__)
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
listener = make_server("127.0.0.1", 0, app, handler_class=type("Quiet", (WSGIRequestHandler,), {"log_message": lambda *_: None}))
ISSUER = f"http://127.0.0.1:{listener.server_port}"
METADATA = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "userinfo_endpoint": f"{ISSUER}/userinfo",
    "jwks_uri": f"{ISSUER}/jwks",
    "registration_endpoint": f"{ISSUER}/register",
    "revocation_endpoint": f"{ISSUER}/revoke",
    "introspection_endpoint": f"{ISSUER}/introspect",
    "device_authorization_endpoint": f"{ISSUER}/device_authorization",
    "response_types_supported": ["code"],
    "grant_types_supported": ["authorization_code", "refresh_token", DEVICE_CODE_GRANT_TYPE],
    "scopes_supported": ["openid", "email", "offline_access"],
    "code_challenge_methods_supported": ["S256"],
    "token_endpoint_auth_methods_supported": METHODS,
}


class Client(ClientMixin):
    def __init__(self, info, metadata):
        self.info, self.metadata = info, metadata

    def get_client_id(self):
        return self.info["client_id"]

    def get_default_redirect_uri(self):
        return self.metadata["redirect_uris"][0]

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri in self.metadata["redirect_uris"]

    def check_client_secret(self, client_secret):
        return self.info["client_secret"] == client_secret

    def check_endpoint_auth_method(self, method, endpoint):
        registered = self.metadata["token_endpoint_auth_method"]
        return ("client_assertion_jwt" if registered.endswith("_jwt") else registered) == method

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type in self.metadata.get("grant_types", [])


class Token(TokenMixin):
    def __init__(self, client_id, fields):
        self.client_id, self.fields = client_id, fields
        self.until = time.time() + fields["expires_in"]
        self.revoked = False

    def check_client(self, client):
        return client.get_client_id() == self.client_id

    def get_scope(self):
        return self.fields.get("scope", "")

    def get_expires_in(self):
        return self.fields["expires_in"]

    def is_expired(self):
        return time.time() > self.until

    def is_revoked(self):
        return self.revoked


class Code(dict):
    def get_redirect_uri(self):
        return self["redirect_uri"]

    def get_scope(self):
        return self["scope"]

    def get_nonce(self):
        return self["nonce"]

    def get_auth_time(self):
        return int(time.time())

    code_challenge = property(lambda self: self["code_challenge"])
    code_challenge_method = property(lambda self: self["code_challenge_method"])


def token_named(text):
    return next((one for one in tokens if text in (one.fields["access_token"], one.fields.get("refresh_token"))), None)


server = AuthorizationServer(
    app, query_client=clients.get, save_token=lambda fields, asked: tokens.append(Token(asked.client.get_client_id(), fields))
)
WAYS = ["client_secret_basic", "client_secret_post", "none", "client_assertion_jwt"]


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = WAYS

    def save_authorization_code(self, code, asked):
        codes[code] = Code(asked.data, redirect_uri=asked.redirect_uri, scope=asked.scope, nonce=asked.data.get("nonce"))

    def query_authorization_code(self, code, client):
        return codes.get(code)

    def delete_authorization_code(self, authorization_code):
        codes.pop(next(name for name, one in codes.items() if one is authorization_code))

    def authenticate_user(self, authorization_code):
        return ADA


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = WAYS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        found = token_named(refresh_token)
        return None if found is None or found.revoked else found

    def authenticate_user(self, credential):
        return ADA

    def revoke_old_credential(self, credential):
        credential.revoked = True


class Device(dict, DeviceCredentialMixin):
    def get_client_id(self):
        return self["client_id"]

    def get_scope(self):
        return self["scope"]

    def get_user_code(self):
        return self["user_code"]

    def is_expired(self):
        return False


class DeviceGrant(DeviceCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = WAYS

    def query_device_credential(self, device_code):
        return devices.get(device_code)

    def query_user_grant(self, user_code):
        return next(((ADA, True) for one in devices.values() if one["user_code"] == user_code and one["allowed"]), None)

    def should_slow_down(self, credential):
        return False


class DeviceEndpoint(DeviceAuthorizationEndpoint):
    CLIENT_AUTH_METHODS = WAYS
    INTERVAL = 1

    def get_verification_uri(self):
        return f"{ISSUER}/device"

    def save_device_credential(self, client_id, scope, data):
        devices[data["device_code"]] = Device(data, client_id=client_id, scope=scope, allowed=False)


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = WAYS

    def query_token(self, token_string, token_type_hint):
        return token_named(token_string)

    def revoke_token(self, token, request):
        token.revoked = True


class Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = WAYS

    def check_permission(self, token, client, request):
        return token.check_client(client)

    def query_token(self, token_string, token_type_hint):
        return token_named(token_string)

    def introspect_token(self, token):
        return {"active": True, "client_id": token.client_id, "scope": token.get_scope()}


class Registration(ClientRegistrationEndpoint):
    def get_server_metadata(self):
        return METADATA

    def authenticate_token(self, request):
        return "anybody"

    def save_client(self, client_info, client_metadata, request):
        clients[client_info["client_id"]] = Client(client_info, client_metadata)


class Assertion(JWTBearerClientAssertion):
    def validate_jti(self, claims, jti):
        fresh = jti not in used
        used.add(jti)
        return fresh

    def resolve_client_public_key(self, client, headers):
        if client.metadata["token_endpoint_auth_method"] == "client_secret_jwt":
            return client.info["client_secret"]
        return JsonWebKey.import_key_set(client.metadata["jwks"]).find_by_kid(headers["kid"])


class IdToken(OpenIDCode):
    def exists_nonce(self, nonce, request):
        return False

    def get_jwt_config(self, grant):
        return {"key": KEY.as_dict(is_private=True), "alg": "RS256", "iss": ISSUER, "exp": 3600}

    def generate_user_info(self, user, scope):
        return UserInfo(user)


class Bearer(BearerTokenValidator):
    def authenticate_token(self, token_string):
        return token_named(token_string)


server.register_grant(CodeGrant, [CodeChallenge(required=True), IdToken()])
server.register_grant(RefreshGrant)
server.register_grant(DeviceGrant)
server.register_client_auth_method("client_assertion_jwt", Assertion(METADATA["token_endpoint"]))
for endpoint in (DeviceEndpoint, Revocation, Introspection, Registration):
    server.register_endpoint(endpoint)
protect = ResourceProtector()
protect.register_token_validator(Bearer())


@app.get("/.well-known/openid-configuration")
def metadata():
    return jsonify(METADATA)


@app.get("/jwks")
def jwks():
    return jsonify({"keys": [KEY.as_dict()]})


@app.get("/authorize")
def authorize():
    return server.create_authorization_response(grant_user=ADA)


@app.post("/token")
def token():
    return server.create_token_response()


@app.get("/device")
def device():
    for one in devices.values():
        one["allowed"] = one["allowed"] or one["user_code"] == request.args.get("user_code")
    return "Allowed"


@app.get("/userinfo")
@protect(None)
def userinfo():
    return jsonify(ADA)


for path, name in (
    ("/device_authorization", "device_authorization"),
    ("/revoke", "revocation"),
    ("/introspect", "introspection"),
    ("/register", "client_registration"),
):
    app.add_url_rule(path, name, lambda name=name: server.create_endpoint_response(name), methods=["POST"])

print(ISSUER, flush=True)
listener.serve_forever()
