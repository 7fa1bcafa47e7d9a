"""Reading zips: what is wrong with one, said alike for every vendor that sends them.

Belongs here: opening one, and its refusals. Does not belong here: which files a vendor's zip holds (its module).
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from assets.ingest.payload import PayloadError


@contextmanager
def unzipping(content: bytes) -> Iterator[zipfile.ZipFile]:
    """The zip, open for the length of the block, which may read from it. Raises PayloadError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield archive
    except PayloadError:
        raise
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise PayloadError("payload is no zip, or one that is cut short or broken", value=error) from error
    # encrypted, packed in a way that nobody uses, or with an offset that leads out of the file
    except (NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise PayloadError("payload is a zip that can't be unpacked", value=error) from error
