"""A small but valid camera picture, as AiFace terminals attach to a punch (spec A2, `image`)."""

from typing import Final

PUNCH_PHOTO: Final = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7"
    "gYKBTmCNl4x9lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8"
    "fHx8fHx8fHz/wAARCAAgABgDASIAAhEBAxEB/8QAGAAAAwEBAAAAAAAAAAAAAAAAAAMEBgX/xAAkEAEAAgIBBAAHAAAAAAAAAAAB"
    "AAIDEUEEEiFRBRMiMWGBkf/EABcBAQEBAQAAAAAAAAAAAAAAAAMCAAH/xAAaEQADAQEBAQAAAAAAAAAAAAAAAQIRMQMh/9oADAMB"
    "AAIRAxEAPwDkS6vwrqbYi/0im+1fMkxWrXLS1zdSwpr7k1Algaoj5E5m9Kc8OxKrplUaqWETwjxCP669MnWZbY9dq8c/mERcDfRN"
    "KN3R+2VndXH8syXK61rudfyLwAY9+4yIpWfQ3T0lyY2j7OGEoyA43frcJNLCk9P/2Q=="
)
"""Raw base64 JPEG of 24x32 pixels without a `data:` prefix (field notes 3)."""
