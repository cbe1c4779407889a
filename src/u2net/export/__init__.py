"""Network + card -> a file that runs without torch, compared with the network before it is written."""

from u2net.export.onnx_file import export_onnx as export_onnx
from u2net.export.proof import Proof as Proof
