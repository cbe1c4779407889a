"""The networks that a service offers."""

from concurrent.futures import Future
from threading import Thread

from u2net.options import Options
from u2net.remover import Remover
from u2net.serve.settings import Settings


def removers_for(settings: Settings) -> dict[str, Remover]:
    """Name of a model -> what runs it, the default first; none of them is loaded."""
    return {
        model: Remover.of(
            Options(
                model=model,
                engine=settings.engine,
                precision=settings.precision,
                limits=settings.limits,
            )
        )
        for model in settings.models
    }


def load_meanwhile(removers: dict[str, Remover]) -> "Future[None]":
    """Load all of them in a thread; the future holds what that raises."""
    loading: Future[None] = Future()

    def load() -> None:
        try:
            for remover in removers.values():
                remover.load()
        except Exception as error:
            loading.set_exception(error)
        else:
            loading.set_result(None)

    Thread(target=load, name="u2net-load").start()
    return loading
