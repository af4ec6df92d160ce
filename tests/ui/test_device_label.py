"""Where networks are computed stands in the status bar, and why not on the GPU."""

from __future__ import annotations

from nmrcam_qt.core.wire import Frame
from nmrcam_qt.ui.job_bar import ServerLabel
from nmrcam_qt.workers.inference_client import ServerState, ServerStatus, _placed

WHY = "The GPU (Double 9000) does not answer any more. It is computed on the CPU from now on."


def test_the_window_says_that_the_gpu_was_left(qtbot):
    label = ServerLabel()
    qtbot.addWidget(label)
    ready = ServerStatus(ServerState.READY, versions={"tensorflow": "2.21"})
    reply = Frame({"device": "GPU", "device_name": "Double 9000", "note": ""})
    on_gpu = _placed(ready, reply)
    label.show_status(on_gpu)
    assert label.text() == "Networks: ready · GPU"
    assert "Double 9000" in label.toolTip()
    assert _placed(on_gpu, Frame({"id": 1})) == on_gpu  # an answer that says nothing of it
    left = _placed(on_gpu, Frame({"device": "CPU", "device_name": "", "note": WHY}))
    label.show_status(left)
    assert label.text() == "Networks: ready · CPU, not the GPU"
    assert WHY in label.toolTip()
    assert "tensorflow 2.21" in label.toolTip()
