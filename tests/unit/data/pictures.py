"""Pictures to decode, and the content of files that hold them."""

import io

import numpy as np
from PIL import Image


def noisy_photo(width: int, height: int) -> Image.Image:
    """A picture with smooth parts, edges and noise."""
    rng = np.random.default_rng(width * 1000 + height)
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([np.sin(x / 9), np.cos(y / 7), np.sin((x + y) / 5)], axis=-1)
    pixels = 128 + 70 * waves + 50 * (x > width / 2)[:, :, None]
    noisy = pixels + rng.normal(0, 12, pixels.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def file_content(image: Image.Image, file_format: str, **settings: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **settings)
    return stream.getvalue()
