"""The targets that a file may be shipped to, and the rows that count there. Judges nothing, knows no report."""

from enum import StrEnum

from edgekit.artifact import Format, Precision
from edgekit.foundation.errors import UnknownNameError

_SYNONYMS = {
    "iphone": "ios",
    "ipad": "ios",
    "browser": "web",
    "microcontroller": "mcu",
    "tflm": "mcu",
    "esp32": "mcu",
    "cloud": "server",
    "desktop": "server",
}

_MCU_RUNTIMES = ("tflite-micro", "litert-reference", "litert-builtin")
"""LiteRT for Microcontrollers itself, and the kernels of LiteRT that compute as it does."""


class Target(StrEnum):
    """Where an app runs.

    Attributes:
        ANDROID: LiteRT with XNNPACK.
        IOS: The same.
        WEB: LiteRT.js, which is XNNPACK in WebAssembly.
        MCU: LiteRT for microcontrollers: int8 throughout.
        SERVER: ONNX Runtime, or LiteRT if it is faster.
    """

    ANDROID = "android"
    IOS = "ios"
    WEB = "web"
    MCU = "mcu"
    SERVER = "server"

    @classmethod
    def parse(cls, name: str) -> "Target":
        """The target called `name`; raises UnknownNameError with the closest name."""
        spelled = name.strip().lower()
        try:
            return cls(_SYNONYMS.get(spelled, spelled))
        except ValueError:
            raise UnknownNameError("target", name, [each.value for each in cls]) from None

    @property
    def words(self) -> str:
        """For a person."""
        return {"android": "Android", "ios": "iOS", "web": "web", "mcu": "microcontroller", "server": "server"}[self]

    @property
    def wants_speed(self) -> bool:
        """Whether the fastest file is the best one; elsewhere it is the smallest."""
        return self is Target.SERVER

    def runs(self, file_format: Format, precision: Precision | None, runtime: str) -> bool:
        """Whether a row of such a file in such a runtime counts for this target."""
        if self is Target.MCU:
            return file_format is Format.TFLITE and precision is Precision.INT8 and runtime in _MCU_RUNTIMES
        return runtime == "litert-xnnpack" or (self is Target.SERVER and runtime == "onnxruntime")
