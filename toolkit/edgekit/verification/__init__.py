"""Reference + candidates -> VerificationReport: does what ships still do what the float model did?"""

from edgekit.verification.candidate import Candidate
from edgekit.verification.comparison import verify
from edgekit.verification.execution import Executor
from edgekit.verification.report import CandidateReport, Measurement, Verdict, VerificationReport

__all__ = ["Candidate", "CandidateReport", "Executor", "Measurement", "Verdict", "VerificationReport", "verify"]
