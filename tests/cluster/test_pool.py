"""How many workers fit into a cluster, and how much each does at a time."""

from typing import Any

import pytest

from made_store import needed
from u2net.cluster.pool import Pool, pool


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What Ray says of the nodes."""
    needed("ray")
    found: list[dict[str, Any]] = []
    monkeypatch.setattr("ray.nodes", lambda: found)
    return found


def node(*, alive: bool = True, **resources: float) -> dict[str, Any]:
    return {"Alive": alive, "Resources": resources}


def test_every_four_cores_are_a_worker_and_a_smaller_node_makes_all_smaller(
    nodes: list[dict[str, Any]],
) -> None:
    nodes += [node(CPU=16), node(CPU=9), node(CPU=64, alive=False), node()]
    assert pool(None, "auto") == Pool(workers=6, cores=4, gpus=0, nodes=3)
    assert pool(8, "auto") == Pool(workers=3, cores=8, gpus=0, nodes=3)
    nodes.append(node(CPU=2))
    assert pool(None, "auto") == Pool(workers=8 + 4 + 1, cores=2, gpus=0, nodes=4)


@pytest.mark.parametrize("engine", ["onnxruntime:cuda", "openvino:gpu"])
def test_every_gpu_has_a_worker_with_more_pictures_than_cores(
    nodes: list[dict[str, Any]], engine: str
) -> None:
    nodes += [node(CPU=16, GPU=2), node(CPU=8)]
    assert pool(None, engine) == Pool(workers=2, cores=4, gpus=1, nodes=2)
    assert pool(None, engine).at_once == 4 + 8
    assert pool(None, "auto").at_once == 4
