"""Gives a photo of an access to administrators, and to whom an address was given that Home Assistant signed."""

from http import HTTPStatus

from aiohttp import web

from homeassistant.components.http import KEY_HASS, HomeAssistantView

from ..const import DOMAIN
from .photos import PHOTOS, URL
from .private_files import check_reader


class PhotoView(HomeAssistantView):
    """The photos of all listeners. What one is called tells nothing of it."""

    url = f"{URL}/{{entry_id}}/{{place:.+}}"
    name = f"api:{DOMAIN}:photos"

    async def get(self, request: web.Request, entry_id: str, place: str) -> web.Response:
        """Return the photo; raises `Unauthorized` for other users."""
        check_reader(request)
        photos = request.app[KEY_HASS].data.get(PHOTOS, {}).get(entry_id)
        photo = None if photos is None else await photos.async_photo(place)
        if photo is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(
            body=photo.data,
            content_type=photo.content_type,
            headers={
                "Cache-Control": "no-store",
                "Content-Security-Policy": "sandbox",
                "X-Content-Type-Options": "nosniff",
            },
        )
