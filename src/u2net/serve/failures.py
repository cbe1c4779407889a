"""Whatever a route raises that nobody foresaw is answered all the same, as all else is."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from u2net.serve.problem import answer_to


class Failures:
    """The innermost: what stands around it adds its headers to this answer too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            await answer_to(scope, error)(scope, receive, send)
