"""What goes wrong, as the API said it."""

from __future__ import annotations

import httpx2
from pydantic import ValidationError

from api.kernel.problems import FieldFault, ProblemView


class ApiProblem(Exception):  # noqa: N818 - the word of RFC 9457
    """An answer that is a problem document.

    Attributes:
        code: stable name of the kind of problem, for example ``stale-version``.
        status: of the answer.
        detail: what is wrong, for a person.
        errors: every field that is wrong, with what would be right.
    """

    def __init__(self, code: str, status: int, detail: str, errors: list[FieldFault]) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.status, self.detail, self.errors = code, status, detail, errors

    def fault(self, field: str) -> str | None:
        """What is wrong with a field, if anything."""
        return next((e.message for e in self.errors if e.field == field or e.field.startswith(f"{field}.")), None)

    @classmethod
    def of(cls, answer: httpx2.Response) -> ApiProblem:
        """From an answer; what is no problem document (a proxy's page) becomes one without a code of its own."""
        try:
            view = ProblemView.model_validate_json(answer.content)
        except ValidationError:
            return cls(f"http-{answer.status_code}", answer.status_code, answer.reason_phrase, [])
        return cls.from_view(view)

    @classmethod
    def from_view(cls, view: ProblemView) -> ApiProblem:
        """From a problem document."""
        return cls(view.code, view.status, view.detail, view.errors)
