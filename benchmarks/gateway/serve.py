"""Sealmark under uvicorn, as `SEALMARK_*` says."""

import uvicorn

from sealmark.settings import Settings
from sealmark.web.app import Application

if __name__ == "__main__":
    settings = Settings.load()
    uvicorn.run(
        Application(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
    )
