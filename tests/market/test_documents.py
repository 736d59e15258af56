"""Files are what they say, no larger than allowed, and given only to whom they are for."""

from __future__ import annotations

import hashlib
import io

import pytest
from fastapi.testclient import TestClient
from people import People
from PIL import Image, ImageOps

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
TURNED, MAKER = 0x0112, 0x010F


def picture(form: str = "JPEG") -> bytes:
    """A picture 40 wide and 20 high, red on its left half, taken with the telephone turned, by a maker who says so."""
    image = Image.new("RGB", (40, 20), "blue")
    image.paste("red", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[TURNED], exif[MAKER] = 6, "Telephone of Wang"
    out = io.BytesIO()
    image.save(out, form, exif=exif.tobytes(), lossless=True)
    return out.getvalue()


def upload(client: TestClient, data: bytes, kind: str, name: str = "a", media: str = "") -> tuple[int, dict[str, str]]:
    answer = client.post("/v1/documents", files={"file": (name, data, media)}, data={"kind": kind})
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("data", "kind", "media", "status", "says"),
    [
        (PDF, "photo", "application/pdf", 415, "A photo is image/jpeg, image/png, image/webp; this is application"),
        (PDF, "permit", "image/png", 415, "The upload says image/png, but it is application/pdf."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo", "image/svg+xml", 415, "this is unknown."),
        (b"<!doctype html><p>hello", "permit", "application/pdf", 415, "this is unknown."),
        (b"", "certificate", "application/pdf", 415, "this is unknown."),
        (picture()[:200], "photo", "image/jpeg", 415, "The image is damaged."),
        (PDF + b"x" * 10_500_000, "permit", "application/pdf", 413, "at most 10 MB are taken"),
    ],
)
def test_what_is_not_taken(people: People, data: bytes, kind: str, media: str, status: int, says: str) -> None:
    wang = people.join("contractor", "wang")
    found, body = upload(wang, data, kind, media=media)
    assert found == status and says in body["detail"], body
    assert wang.get("/v1/documents").json()["items"] == []


def test_a_certificate_is_kept_to_the_byte_and_is_for_its_owner(people: People) -> None:
    wang, li = people.join("contractor", "wang"), people.join("contractor", "li")
    status, row = upload(wang, PDF, "certificate", "../../报告<1>.pdf", "application/pdf")
    assert (status, row["filename"]) == (201, "报告1.pdf")
    assert row["sha256"] == hashlib.sha256(PDF).hexdigest()
    content = wang.get(f"/v1/documents/{row['id']}/content")
    assert content.content == PDF and content.headers["content-disposition"].startswith("attachment; ")
    assert "sandbox" in content.headers["content-security-policy"]
    for other in (li, people.public):
        assert other.get(f"/v1/documents/{row['id']}/content").status_code == 404
    assert people.join("official").get(f"/v1/documents/{row['id']}/content").status_code == 200


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_tells_nothing_but_what_it_shows(people: People, form: str) -> None:
    wang, taken = people.join("contractor", "wang"), picture(form)
    _, row = upload(wang, taken, "photo", "pit", f"image/{form.lower()}")
    content = wang.get(f"/v1/documents/{row['id']}/content")
    assert content.headers["content-disposition"].startswith("inline; ")
    assert b"Telephone of Wang" in taken and b"Telephone of Wang" not in content.content
    shown, right = (Image.open(io.BytesIO(data)) for data in (content.content, taken))
    assert shown.format == form and not shown.getexif()
    upright = ImageOps.exif_transpose(right).convert("RGB")
    assert shown.size == upright.size == (20, 40)
    for place in ((10, 5), (10, 35)):
        pairs = zip(shown.convert("RGB").getpixel(place), upright.getpixel(place), strict=True)
        assert all(abs(a - b) < 12 for a, b in pairs)
