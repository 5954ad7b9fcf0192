"""What the REST interface needs beyond openIMIS's own classes."""

from core.jwt_authentication import JWTAuthentication


class Authentication(JWTAuthentication):
    """Answers 401 to who has not signed in: the front end takes 403 for a fault of the server."""

    def authenticate_header(self, request):
        return "Bearer"
