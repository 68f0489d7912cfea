"""What executors of tests share: candidates run one after the other, and nothing has to be ended or kept quiet."""

from contextlib import AbstractContextManager, nullcontext

from edgekit.runtimes import RUNTIMES, Availability


class OneByOne:
    """The part of `edgekit.execution.executor.Executor` around `execute`."""

    def availability(self, runtime: str) -> Availability:
        return RUNTIMES.load(runtime).availability()

    def prepare(self, num_candidates: int) -> int:
        return 1

    def while_no_worker_measures(self) -> AbstractContextManager[None]:
        return nullcontext()

    def cancel(self) -> None:
        pass
