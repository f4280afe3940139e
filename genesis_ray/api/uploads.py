"""Photos that are sent in a form: in memory alone, and no more of them than that can bear."""

import asyncio
from collections.abc import AsyncGenerator
from http import HTTPStatus
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from genesis_ray.errors import ConfigurationError
from genesis_ray.vision.photo_file import MOST_BYTES, SentPhoto

MOST_PHOTOS = 20
"""Of a request; more are several requests."""

MOST_FORM_BYTES = MOST_BYTES + 2**20
"""Of a form: one photo of the largest, or as much in several, and what is around them."""

_AT_ONCE = 2
"""Forms that are read and worked on at once, the others wait: each may take as much memory."""

_NAME_CHARACTERS = 80

_PHOTO, _PERSON = "photo", "name"


class PhotoForm:
    """A form with photos.

    Attributes:
        name: What the person in them is called; "" where the form does not say.
    """

    def __init__(self, photos: list[SentPhoto], name: str) -> None:
        self.photos = photos
        self.name = name


class Uploads:
    """The turn of forms."""

    def __init__(self) -> None:
        self.turn = asyncio.Semaphore(_AT_ONCE)


async def _form(request: Request) -> AsyncGenerator[PhotoForm, None]:
    """Read a form, and keep its place until it is answered."""
    uploads: Uploads = request.app.state.uploads
    _check_announced(request)
    async with uploads.turn:
        yield await _read(request)


SentForm = Annotated[PhotoForm, Depends(_form)]
"""The photos that a request brings."""


def form_described(*, with_name: bool) -> dict[str, Any]:
    """Return what OpenAPI is told of a request with such a form."""
    photo = {"type": "string", "format": "binary"}
    fields: dict[str, Any] = {
        _PHOTO: {
            "type": "array",
            "items": photo,
            "minItems": 1,
            "maxItems": MOST_PHOTOS,
            "description": "JPEG or PNG; the field again for more photos",
        }
    }
    if with_name:
        fields[_PERSON] = {"type": "string", "description": "What the person is called"}
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    content = {"multipart/form-data": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


class _InMemory(MultiPartParser):
    """A parser whose files stay in memory: no part of a photo may reach a disk."""

    spool_max_size = MOST_FORM_BYTES + 1


def _check_announced(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise HTTPException(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"expected a form, multipart/form-data, with a photo, got {kind or 'no type'!r:.60}; "
            f"with curl: -F photo=@FILE",
        )
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MOST_FORM_BYTES:
        raise _too_large()


async def _read(request: Request) -> PhotoForm:
    parser = _InMemory(
        request.headers, _bounded(request), max_files=MOST_PHOTOS, max_fields=1, max_part_size=2**10
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ConfigurationError(
            f"the form cannot be used: {error.message} Up to {MOST_PHOTOS} files are taken in a "
            f"request, in the field {_PHOTO!r}"
        ) from None
    try:
        return await _told(form)
    finally:
        await form.close()


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    """Yield the body as it comes; it may be longer than was said, or say nothing."""
    come = 0
    async for piece in request.stream():
        come += len(piece)
        if come > MOST_FORM_BYTES:
            raise _too_large()
        yield piece


async def _told(form: FormData) -> PhotoForm:
    photos: list[SentPhoto] = []
    name = ""
    for field, value in form.multi_items():
        if field == _PHOTO and isinstance(value, UploadFile):
            called = _shown(value.filename or "") or f"photo {len(photos) + 1}"
            photos.append(SentPhoto(called, await value.read()))
        elif field == _PERSON and isinstance(value, str):
            name = value
        else:
            wanted = "a file" if field == _PHOTO else f"the fields {_PHOTO!r} and {_PERSON!r}"
            raise ConfigurationError(f"expected {wanted} in the form, got {field!r:.60}")
    if not photos:
        raise ConfigurationError(f"expected a file in the form's field {_PHOTO!r}, got none")
    return PhotoForm(photos, name)


def _shown(filename: str) -> str:
    """Return what a file is called, without folders and what is no letter of any script."""
    last = PureWindowsPath(PurePosixPath(filename).name).name
    return "".join(each for each in last if each.isprintable())[:_NAME_CHARACTERS].strip()


def _too_large() -> HTTPException:
    return HTTPException(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"expected a form of {MOST_FORM_BYTES // 2**20} MB or less; give a smaller copy, or fewer "
        f"photos a request: faces are looked for in a copy of 640 pixels",
    )
