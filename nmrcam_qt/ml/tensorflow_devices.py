"""What TensorFlow knows of GPUs. Never run on one by us: there is none where this is made."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from nmrcam_qt.ml.devices import DeviceError, Trouble

DRIVER = Path("/dev/nvidia0")
"""There where Linux has an NVIDIA card and its driver."""
WITHOUT_CUDA = (
    "An NVIDIA GPU is there, but this TensorFlow is made for the CPU: pip install 'nmrcam[gpu]'."
)
NO_LIBRARIES = (
    "An NVIDIA GPU is there, but TensorFlow cannot use it: its driver or CUDA libraries are "
    "missing or too old."
)
_LOST = ("InternalError", "UnavailableError", "AbortedError", "FailedPreconditionError")
"""Errors of TensorFlow that come of a lost GPU where their text says CUDA."""
_CUDA = ("cuda", "cudnn", "cublas", "gpu", "device lost", "stream")


class TensorFlowDevices:
    """See `nmrcam_qt.ml.devices.Devices`; loads TensorFlow when it is first asked."""

    def gpus(self) -> int:
        """How many GPUs TensorFlow sees."""
        import tensorflow as tf

        return len(tf.config.list_physical_devices("GPU"))

    def unusable(self) -> str:
        """Why an NVIDIA card with its driver is not among them."""
        import tensorflow as tf

        if not DRIVER.exists():
            return ""
        return NO_LIBRARIES if tf.test.is_built_with_cuda() else WITHOUT_CUDA

    def name(self) -> str:
        """Name of the first GPU."""
        import tensorflow as tf

        gpu = tf.config.list_physical_devices("GPU")[0]
        return str(tf.config.experimental.get_device_details(gpu).get("device_name", ""))

    def grow(self) -> None:
        """Let every GPU give memory as it is needed instead of all at once."""
        import tensorflow as tf

        try:
            for gpu in tf.config.list_physical_devices("GPU"):
                tf.config.experimental.set_memory_growth(gpu, True)
        except (RuntimeError, ValueError) as error:
            raise DeviceError(f"The GPU cannot be set up ({error}).") from None

    def hide(self) -> None:
        """TensorFlow sees no GPU."""
        import tensorflow as tf

        try:
            tf.config.set_visible_devices([], "GPU")
        except RuntimeError as error:
            raise DeviceError(f"TensorFlow computes already ({error}).") from None

    def limit(self) -> int | None:
        """What TensorFlow's allocator may take of the first GPU, bytes."""
        from tensorflow.python.client import device_lib

        found = [d.memory_limit for d in device_lib.list_local_devices() if d.device_type == "GPU"]
        return int(found[0]) if found and found[0] > 0 else None

    def used(self) -> int:
        """Bytes in use."""
        return self._memory("current")

    def peak(self) -> int:
        """Most bytes in use."""
        return self._memory("peak")

    def forget_peak(self) -> None:
        """Measure anew."""
        import tensorflow as tf

        tf.config.experimental.reset_memory_stats("GPU:0")

    def _memory(self, what: str) -> int:
        import tensorflow as tf

        return int(tf.config.experimental.get_memory_info("GPU:0")[what])

    def errors(self) -> tuple[type[Exception], ...]:
        """What TensorFlow's operations raise."""
        import tensorflow as tf

        return (tf.errors.OpError,)

    def trouble(self, error: Exception) -> Trouble | None:
        """Too little memory, or errors of a kind and with words that a lost GPU has."""
        import tensorflow as tf

        if isinstance(error, tf.errors.ResourceExhaustedError):
            return Trouble.MEMORY
        if type(error).__name__ not in _LOST:
            return None
        text = str(error).lower()
        if "out of memory" in text or "out_of_memory" in text:
            return Trouble.MEMORY
        return Trouble.LOST if any(word in text for word in _CUDA) else None

    def leave(self) -> None:
        """Networks on the GPU are forgotten."""
        from nmrcam_qt.ml.registry import clear

        clear()

    def on_cpu(self) -> AbstractContextManager[object]:
        """TensorFlow places everything on the CPU."""
        import tensorflow as tf

        device: AbstractContextManager[object] = tf.device("/CPU:0")
        return device
