"""How long the map page of the demo takes to its first complete drawing, in headless Chromium without a GPU.

    python benchmarks/first_drawing.py [visits]

Each visit has an empty cache. Prints milliseconds from asking for the page to the map at rest, all layers drawn.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from waitress.server import create_server

from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.demo.actions import load_demo
from geoapp.schema import migrate

FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


def measure(address: str, visits: int) -> list[int]:
    """Milliseconds of each visit."""
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for _ in range(visits):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            page = context.new_page()
            page.goto(address)
            page.wait_for_selector("body[data-drawn]", timeout=60_000)
            taken.append(int(page.get_attribute("body", "data-drawn") or 0))
            context.close()
        browser.close()
    return taken


def main() -> None:
    """Load the demo into a folder of its own, serve it, visit it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder))
        database = Database(settings)
        migrate(database)
        database.dispose()
        load_demo(settings)
        server = create_server(create_app(settings), host="127.0.0.1", port=0, threads=4)
        threading.Thread(target=server.run, daemon=True).start()
        taken = measure(f"http://127.0.0.1:{server.effective_port}/", int(sys.argv[1]) if len(sys.argv) > 1 else 5)
        server.close()
    print("ms:", *sorted(taken), "median", round(statistics.median(taken)))


if __name__ == "__main__":
    main()
