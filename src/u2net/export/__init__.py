"""Network + card -> a file that runs without torch, compared with the network before writing."""

from u2net.export.calibrate import calibrate_file as calibrate_file
from u2net.export.calibrate import embedded_photos as embedded_photos
from u2net.export.calibrate import photos_in as photos_in
from u2net.export.cards import card_for as card_for
from u2net.export.deploy import deploy as deploy
from u2net.export.deploy import runs_of as runs_of
from u2net.export.draft import Precision as Precision
from u2net.export.onnx import export_onnx as export_onnx
from u2net.export.openvino import export_openvino as export_openvino
from u2net.export.proof import Proof as Proof
from u2net.export.proof import maps_by as maps_by
from u2net.export.torch import export_torch as export_torch
from u2net.export.trace import Form as Form
