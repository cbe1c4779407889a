from pathlib import Path

import pytest
import runs
import torch
from builders import normalise_half


@pytest.mark.slow
def test_two_ranks_normalise_as_one_does_the_whole_batch(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(6, 3, 4, 5, generator=generator, dtype=torch.float64) * 3 + 1
    inputs[:3] += 2  # the halves differ, so that neither has the statistics of the whole
    weights = torch.randn(6, 3, 4, 5, generator=generator, dtype=torch.float64)
    ranks = [
        runs.FORKS.Process(target=normalise_half, args=(r, tmp_path / "store", inputs, weights))
        for r in range(2)
    ]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join()
    assert [rank.exitcode for rank in ranks] == [0, 0]
    given = [torch.load(tmp_path / f"rank{r}.pt", weights_only=True) for r in range(2)]

    plain = torch.nn.BatchNorm2d(3).double()
    whole = inputs.clone().requires_grad_()
    out = plain(whole)
    (out * weights).sum().backward()
    torch.testing.assert_close(torch.cat([part["out"] for part in given]), out.detach())
    torch.testing.assert_close(torch.cat([part["input"] for part in given]), whole.grad)
    for part in given:
        torch.testing.assert_close(dict(part["state"]), dict(plain.state_dict()))
    for number, parameter in enumerate(plain.parameters()):
        summed = given[0]["grads"][number] + given[1]["grads"][number]
        torch.testing.assert_close(summed, parameter.grad)
