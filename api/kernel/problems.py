"""Typed errors as problem details (RFC 9457): one class per kind, one handler, declared in the API's document.

A service raises ``StaleVersion("…")``; the client gets ``application/problem+json`` with a stable ``code``. Routers
declare what they may answer with ``responses=problems(NotFound, StaleVersion)``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, ClassVar

from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException

from optimizer.errors import InputError

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class FieldFault(BaseModel):
    """One thing wrong with the input, and where."""

    field: str = Field(description="Path of the field, or file:row:column of an upload.", examples=["quantity"])
    message: str = Field(description="What is wrong, and what would be right.")


class ProblemView(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(examples=["/problems/stale-version"])
    code: str = Field(description="Stable name of this kind of problem.", examples=["stale-version"])
    title: str = Field(examples=["It was changed meanwhile; read it again and repeat your change."])
    status: int = Field(examples=[412])
    detail: str = Field(
        description="What happened this time, in English; `code` and `errors` are for programs.",
        examples=['You changed version "3"; it is at "4" now.'],
    )
    errors: list[FieldFault] = Field(default_factory=list, description="Every fault found, each with its place.")


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """Base of all errors that a client may see. Subclasses name a status, a code and a title."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad-request"
    title: ClassVar[str] = "The request cannot be carried out."
    title_zh: ClassVar[str] = "请求无法执行。"

    def __init__(
        self, detail: str = "", *, errors: Iterable[FieldFault] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = list(errors)
        self.headers = headers or {}

    def view(self) -> ProblemView:
        """What the client gets."""
        return ProblemView(
            type=f"/problems/{self.code}",
            code=self.code,
            title=self.title,
            status=self.status,
            detail=self.detail,
            errors=self.errors,
        )


class NotSignedIn(Problem):
    """No, or no valid, credentials."""

    status, code, title = 401, "not-signed-in", "Sign in, or send a valid token or API key."
    title_zh = "请登录，或发送有效的令牌或 API 密钥。"


class WrongPassword(Problem):
    """Login failed; it is not said which half was wrong."""

    status, code, title = 401, "wrong-password", "E-mail or password is wrong."
    title_zh = "邮箱或密码错误。"


class Forbidden(Problem):
    """The caller's role or key does not allow this."""

    status, code, title = 403, "forbidden", "Your role does not allow this."
    title_zh = "您的角色不允许这样做。"


class ForeignResource(Problem):
    """Visible, but belongs to another organisation."""

    status, code, title = 403, "foreign-resource", "This belongs to another organisation."
    title_zh = "这属于另一家单位。"


class NotApproved(Problem):
    """The organisation has not been approved yet, or is suspended."""

    status, code, title = 403, "organisation-not-approved", "Your organisation is not approved yet, or is suspended."
    title_zh = "贵单位尚未获准，或已被暂停。"


class NotFound(Problem):
    """No such thing, or none that the caller may know of."""

    status, code, title = 404, "not-found", "There is no such thing, or none that you may see."
    title_zh = "没有这一项，或您无权查看。"


class MethodNotAllowed(Problem):
    """The path exists, the method does not."""

    status, code, title = 405, "method-not-allowed", "This address does not take that method."
    title_zh = "此地址不支持该方法。"


class WrongState(Problem):
    """The state machine does not allow this event now."""

    status, code, title = 409, "wrong-state", "This cannot be done in its present state."
    title_zh = "当前状态下不能这样做。"


class Conflict(Problem):
    """A unique thing exists already."""

    status, code, title = 409, "conflict", "This exists already, or contradicts what exists."
    title_zh = "已经存在，或与现有内容矛盾。"


class OverCommitted(Problem):
    """More would be promised than there is."""

    status, code, title = 409, "over-committed", "There is not that much left."
    title_zh = "余量不足。"


class ClosedWindow(Problem):
    """Too late, or too early."""

    status, code, title = 409, "closed-window", "The window for this is closed."
    title_zh = "办理时间已过或未到。"


class ExpiredPermit(Problem):
    """A permit needed for this is expired or not yet valid."""

    status, code, title = 409, "expired-permit", "The permit does not cover these dates."
    title_zh = "许可未覆盖这些日期。"


class IdempotencyConflict(Problem):
    """The same key was used for something else."""

    status, code, title = 409, "idempotency-conflict", "This Idempotency-Key was used for another request."
    title_zh = "该 Idempotency-Key 已用于另一请求。"


class StaleVersion(Problem):
    """If-Match does not match."""

    status, code, title = 412, "stale-version", "It was changed meanwhile; read it again and repeat your change."
    title_zh = "内容已被他人更改；请重新读取后再改。"


class TooLarge(Problem):
    """Upload beyond the limit."""

    status, code, title = 413, "too-large", "The upload is too large."
    title_zh = "上传内容过大。"


class WrongMediaType(Problem):
    """Upload of a kind that is not taken."""

    status, code, title = 415, "wrong-media-type", "Files of this kind are not taken."
    title_zh = "不接受此类文件。"


class Invalid(Problem):
    """Fields with faults, all of them at once."""

    status, code, title = 422, "invalid", "Some fields are wrong."
    title_zh = "有字段填写有误。"


class UnknownCoordinateSystem(Problem):
    """Coordinates declared in a system that is not known."""

    status, code, title = 422, "unknown-coordinate-system", "Declare coordinates as wgs84, gcj02 or bd09."
    title_zh = "请声明坐标系：wgs84、gcj02 或 bd09。"


class RefusedMaterial(Problem):
    """A class of waste that never enters this stream."""

    status, code, title = 422, "refused-material", "This material is not handled here."
    title_zh = "此处不受理该类物料。"


class PreconditionRequired(Problem):
    """An edit without If-Match."""

    status, code, title = 428, "precondition-required", "Send If-Match with the ETag that you read."
    title_zh = "请在 If-Match 中附上所读到的 ETag。"


class TooManyRequests(Problem):
    """Rate limit."""

    status, code, title = 429, "too-many-requests", "Too many requests; wait a little."
    title_zh = "请求过于频繁，请稍候。"


class LockedOut(Problem):
    """Too many failed logins."""

    status, code, title = 429, "locked-out", "Too many failed logins; the account is locked for a while."
    title_zh = "登录失败次数过多，账户暂时锁定。"


class Busy(Problem):
    """A conflict of transactions, or a part that is still starting; the same request will work soon."""

    status, code, title = 503, "busy", "Busy; send the same request again in a moment."
    title_zh = "系统繁忙，请稍后重发同一请求。"


class JobCancelled(Problem):
    """In a job's ``error``: somebody cancelled it."""

    status, code, title = 409, "job-cancelled", "The job was cancelled."
    title_zh = "任务已取消。"


class TimeLimit(Problem):
    """In a job's ``error``: it took longer than it may."""

    status, code, title = 409, "time-limit", "The job reached its time limit; allow more time, or ask for less."
    title_zh = "任务达到时限；请放宽时限或缩小范围。"


class Defect(Problem):
    """In a job's ``error``: the program is at fault; engineers find the trace in the server's log."""

    status, code, title = 500, "defect", "Something is wrong in the program; it was written down for its engineers."
    title_zh = "程序有误，已记录待工程师处理。"


class WorkerLost(Problem):
    """In a job's ``error``: the processes that ran it died, again and again."""

    status, code, title = 503, "worker-lost", "The processes that ran this job died; it may need more memory."
    title_zh = "运行该任务的进程中断；可能需要更多内存。"


_EXAMPLE_FAULTS: dict[type[Problem], tuple[FieldFault, ...]] = {
    Invalid: (
        FieldFault(field="quantity", message="Input should be greater than or equal to 0.01"),
        FieldFault(field="window_to", message="lies before window_from"),
    ),
    UnknownCoordinateSystem: (FieldFault(field="location.crs", message="declare wgs84, gcj02 or bd09"),),
    RefusedMaterial: (FieldFault(field="materials.0", message="'废机油' is hazardous waste; it never enters here"),),
}


def kinds() -> list[type[Problem]]:
    """Every kind of problem that exists, by status and code."""
    found, todo = set(), [Problem]
    while todo:
        kind = todo.pop()
        found.add(kind)
        todo += kind.__subclasses__()
    return sorted(found, key=lambda kind: (kind.status, kind.code))


def problems(*kinds_: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may raise these; several of one status become several examples.

    Where a status is one that any route may answer with, what any route may answer is declared with it.
    """
    statuses = {kind.status for kind in kinds_}
    always = [kind for kind in (Invalid, TooManyRequests) if kind.status in statuses]
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in dict.fromkeys((*always, *kinds_)):
        answer = responses.setdefault(
            kind.status,
            {"model": ProblemView, "description": "", "content": {MEDIA_TYPE: {"examples": {}}}},
        )
        answer["description"] = " · ".join(filter(None, [answer["description"], kind.title]))
        example = kind(errors=_EXAMPLE_FAULTS.get(kind, ())).view().model_dump()
        answer["content"][MEDIA_TYPE]["examples"][kind.code] = {"summary": kind.title, "value": example}
    return responses


def invalid(field: str, message: str) -> Invalid:
    """One fault of one field."""
    return Invalid(f"{field}: {message}", errors=[FieldFault(field=field, message=message)])


def from_input_error(error: InputError) -> Invalid:
    """The planner's located faults as a problem."""
    faults = [
        FieldFault(field=":".join(str(p) for p in (f.file, f.row or "", f.column) if p), message=f.message)
        for f in error.faults
    ]
    return Invalid(f"{len(faults)} fault{'s' if len(faults) != 1 else ''}", errors=faults)


def install_problem_handlers(app: FastAPI) -> None:
    """One answer shape for everything that goes wrong."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(InputError, lambda request, error: _answer(from_input_error(error)))  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(OperationalError, _on_database)
    app.add_exception_handler(DataError, _on_value)


def _answer(problem: Problem) -> Response:
    return JSONResponse(
        jsonable_encoder(problem.view()), problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _answer(error)


def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        FieldFault(field=".".join(str(part) for part in fault["loc"][1:]) or str(fault["loc"][0]), message=fault["msg"])
        for fault in error.errors()
    ]
    return _answer(Invalid("; ".join(f"{fault.field}: {fault.message}" for fault in faults), errors=faults))


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = next((k for k in kinds() if k.status == error.status_code and k is not Problem), None)
    if kind is None:
        return JSONResponse({"detail": error.detail}, error.status_code, headers=error.headers)
    return _answer(kind(str(error.detail or ""), headers=dict(error.headers or {})))


def _on_database(request: Request, error: Exception) -> Response:
    _log.warning("database conflict: %s", error)
    return _answer(Busy(headers={"Retry-After": "1"}))


def _on_value(request: Request, error: Exception) -> Response:
    """What PostgreSQL cannot hold, such as a NUL in a text; it was not stored."""
    _log.warning("a value that the database cannot hold: %s", error)
    return _answer(Invalid("A text holds a NUL character, or a number is out of range; neither can be kept."))
