import base64
import json
import random
import tracemalloc

import httpx
import pytest
from fastapi import HTTPException

from unfreeze.serve.uploads import parts_of, photos_of

KIND = "multipart/form-data; boundary=xyz"


def form(*parts: bytes, end: bytes = b"--xyz--\r\n") -> bytes:
    return b"".join(b"--xyz\r\n" + part + b"\r\n" for part in parts) + end


def part(field: str, content: bytes, name: str | None = None) -> bytes:
    file = "" if name is None else f'; filename="{name}"'
    head = f'Content-Disposition: form-data; name="{field}"{file}\r\n\r\n'
    return head.encode() + content


def status_of(content_type: str, body: bytes, most: int = 3) -> int:
    with pytest.raises(HTTPException) as refused:
        photos_of(content_type, body, most)
    assert refused.value.detail.endswith((".", ")", "}"))
    return refused.value.status_code


@pytest.mark.parametrize("seed", range(20))
def test_forms_that_httpx_writes_are_read(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  # no secrets here
    names = ["a.jpg", "with space.png", "ünï.jpg", "p/../../etc", "semi;colon=1.gif"]
    sent = [(rng.choice(names), rng.randbytes(rng.randrange(300))) for _ in range(3)]
    request = httpx.Request(
        "POST",
        "http://x/",
        files=[("files", (name, content)) for name, content in sent],
    )

    found = photos_of(request.headers["content-type"], request.read(), 3)

    assert [(each.name, each.content) for each in found] == sent


def test_boundaries_that_occur_in_a_photo_do_not_cut_it() -> None:
    content = b"x--xyz\r\nxyz--\r\n--xy\r\n\r\n"

    (found,) = photos_of(KIND, form(part("files", content)), 3)

    assert found.content == content


@pytest.mark.parametrize(
    "body",
    [
        b"preamble\r\n" + form(part("files", b"1")),
        form(part("files", b"1"), end=b"--xyz--"),
        form(part("files", b"1"), end=b"--xyz--\r\nepilogue"),
        form(part("files", b"1")).replace(b"--xyz\r\n", b"--xyz  \r\n", 1),
    ],
)
def test_what_a_form_may_have_around_it_is_passed_over(body: bytes) -> None:
    assert [each.content for each in photos_of(KIND, body, 3)] == [b"1"]


@pytest.mark.parametrize(
    "kind",
    [
        'multipart/form-data; boundary="xyz"',
        "Multipart/Form-Data; charset=utf-8; BOUNDARY=xyz",
    ],
)
def test_a_boundary_may_be_quoted(kind: str) -> None:
    assert len(photos_of(kind, form(part("files", b"1")), 3)) == 1


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (r"a\"b\\c.jpg", 'a"b\\c.jpg'),
        ("a %22b%22 c.jpg", 'a "b" c.jpg'),
        ("a%0D%0Ab.jpg", "a\r\nb.jpg"),
        ("100%25 %20 %2522 %0a.jpg", "100%25 %20 %2522 %0a.jpg"),
    ],
)
def test_quotes_in_names_are_read_as_curl_and_browsers_write_them(
    sent: str, name: str
) -> None:
    """They write a percent sign as it is, so no other escape is one."""
    (found,) = photos_of(KIND, form(part("files", b"", sent)), 1)

    assert found.name == name


@pytest.mark.parametrize(
    "header",
    [
        "form-data; name=files; filename=a.jpg; filename*=utf-8''a.jpg",  # .NET
        'form-data; name=files; filename="a.jpg"',
        'form-data;name="files" ; filename = a.jpg',
    ],
)
def test_words_need_no_quotes(header: str) -> None:
    body = form(f"Content-Disposition: {header}\r\n\r\n1".encode())

    (found,) = photos_of(KIND, body, 3)

    assert (found.name, found.content) == ("a.jpg", b"1")


@pytest.mark.parametrize("more", [b"top", b"file", b""])
def test_a_field_that_nobody_reads_is_told(more: bytes) -> None:
    body = form(part("files", b"1"), part(more.decode(), b"3"))

    with pytest.raises(
        HTTPException, match=rf"field {more.decode()!r} here. .*'files'"
    ):
        photos_of(KIND, body, 3)


def test_long_names_are_cut() -> None:
    (found,) = photos_of(KIND, form(part("files", b"", "x" * 3000 + ".jpg")), 3)

    assert len(found.name) == 255
    assert found.name.endswith(".jpg")


def test_a_photo_without_a_name_gets_a_number() -> None:
    body = form(part("files", b"1"), part("files", b"2"))

    assert [each.name for each in photos_of(KIND, body, 3)] == ["photo 1", "photo 2"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing",
        b"--xyz",
        b"--xyz\r\n",
        b"--xyzzy\r\n\r\n\r\n--xyz--",
        b"--xyz\r\n\r\nno end",
        form(part("files", b"1"))[:-12],
        b"--xyz\r\n" + b"X: " + b"y" * 9000 + b"\r\n\r\n1\r\n--xyz--",
        b"--xyz" + b" " * 9000 + b"\r\n\r\n1\r\n--xyz--",
    ],
)
def test_damaged_forms_are_told(body: bytes) -> None:
    assert status_of(KIND, body) == 400


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", KIND + "y" * 99]
)
def test_a_form_without_its_boundary_is_told(kind: str) -> None:
    assert status_of(kind, form(part("files", b"1"))) == 400


def test_a_part_without_headers_is_no_photo() -> None:
    assert status_of(KIND, b"--xyz\r\n\r\n1\r\n--xyz--") == 422


def test_an_empty_part_at_a_boundary_is_empty() -> None:
    (found,) = parts_of(KIND, b"--xyz\r\nContent-Disposition: form-data; "
                        b'name="a"\r\n\r\n\r\n--xyz--', 1)  # fmt: skip

    assert (found.field, found.content) == ("a", b"")


def test_a_form_without_photos_says_so() -> None:
    assert status_of(KIND, form(part("other", b"1"))) == 422
    assert status_of(KIND, b"--xyz--\r\n") == 422


def test_too_many_photos_and_too_many_fields_are_refused() -> None:
    assert status_of(KIND, form(*[part("files", b"")] * 4)) == 413
    assert status_of(KIND, form(*[part("x", b"")] * 40)) == 413


def test_photos_in_json_are_read() -> None:
    images = [
        {"name": "a.jpg", "content": base64.b64encode(b"one").decode()},
        {"content": "dHdv"},
    ]

    found = photos_of(
        "application/json; charset=utf-8", json.dumps({"images": images}).encode(), 3
    )

    assert [(each.name, each.content) for each in found] == [
        ("a.jpg", b"one"),
        ("photo 2", b"two"),
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 200_000, 413),
        (b"[" * 1200, 400),
        (b'{"images": NaN}', 400),
        (b'{"images": [{"content": "", "x": -Infinity}]}', 400),
        (b"9" * 5000, 400),
        (b"[]", 422),
        (b"null", 422),
        (b"{}", 422),
        (b'{"images": []}', 422),
        (b'{"images": {}}', 422),
        (b'{"images": [1]}', 422),
        (b'{"images": [{"content": 1}]}', 422),
        (b'{"images": [{"content": "", "name": null}]}', 422),
        (b'{"images": [{"content": ""}], "heat": true}', 422),
        (b'{"images": [{"content": "", "topp": 3}]}', 422),
        (b'{"images": [{"content": "a"}]}', 422),
        (b'{"images": [{"content": "/9j!"}]}', 422),
        ('{"images": [{"content": "ü"}]}'.encode(), 422),
        (b'{"images": [' + b'{"content": ""},' * 3 + b'{"content": ""}]}', 413),
    ],
)
def test_json_that_holds_no_photos_is_told(body: bytes, status: int) -> None:
    assert status_of("application/json", body) == status


@pytest.mark.parametrize("item", [b"[]", b"{}", b"0", b"[[", b'{"a":{"b":'])
def test_json_of_many_values_is_refused_before_it_costs_memory(item: bytes) -> None:
    body = b'{"images":[' + b",".join([item] * 500_000) + b"]}"

    tracemalloc.start()
    status = status_of("application/json", body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert status == 413
    assert most < 100_000


def test_names_may_hold_the_signs_that_are_counted() -> None:
    images = [{"name": "a, [b], {c}" * 20, "content": ""}] * 32

    found = photos_of("application/json", json.dumps({"images": images}).encode(), 32)

    assert len(found) == 32


@pytest.mark.parametrize("kind", ["", "image/jpeg", "text/html", "x" * 3000])
def test_other_bodies_are_refused(kind: str) -> None:
    assert status_of(kind, b"\xff\xd8\xff") == 415
