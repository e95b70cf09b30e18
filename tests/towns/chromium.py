"""Headless Chromium for page tests, spoken to through a pipe: nothing beyond Python and the browser is needed."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any, Self

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)
TIMEOUT_S = 60.0


def program() -> str | None:
    """Path of Chromium or Chrome, from ``$CHROMIUM`` or the usual names."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def _high(descriptor: int) -> int:
    """The same pipe under a number that 3 and 4 cannot overwrite."""
    raised = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return raised


class Browser:
    """One browser with one page. Events are kept: requests, console messages, errors, dialogs."""

    def __init__(self, width: int = 1440, height: int = 900) -> None:
        path = program()
        if path is None:
            raise FileNotFoundError("no Chromium; install Debian's package chromium or set $CHROMIUM")
        self.profile = Path(tempfile.mkdtemp(prefix="circle15-chromium-"))
        theirs_in, self._out = map(_high, os.pipe())
        self._in, theirs_out = map(_high, os.pipe())
        quiet = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        actions = [
            (os.POSIX_SPAWN_DUP2, quiet, 1),
            (os.POSIX_SPAWN_DUP2, quiet, 2),
            (os.POSIX_SPAWN_DUP2, theirs_in, 3),
            (os.POSIX_SPAWN_DUP2, theirs_out, 4),
        ]
        line = [path, *FLAGS, f"--user-data-dir={self.profile}", "about:blank"]
        self._pid = os.posix_spawn(path, line, dict(os.environ), file_actions=actions, setpgroup=0)
        for descriptor in (theirs_in, theirs_out, quiet):
            os.close(descriptor)
        self._waiting = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.resize(width, height)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._waiting:
            piece = os.read(self._in, 1 << 20)
            if not piece:
                raise ConnectionError("Chromium went away")
            self._waiting += piece
        text, self._waiting = self._waiting.split(b"\0", 1)
        message: dict[str, Any] = json.loads(text)
        return message

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        """Send one command of the DevTools protocol and return its result."""
        self._number += 1
        command: dict[str, Any] = {"id": self._number, "method": method, "params": values}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._out, json.dumps(command).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") != self._number:
                self.events.append(message)
                continue
            if "error" in message:
                raise RuntimeError(f"{method}: {message['error']}")
            result: dict[str, Any] = message["result"]
            return result

    def resize(self, width: int, height: int, *, scale: float = 1, mobile: bool = False) -> None:
        """Give the page another size."""
        screen = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile}
        self.call("Emulation.setDeviceMetricsOverride", **screen)

    def open(self, page: Path, *, fragment: str = "", ready: str = "document.documentElement?.dataset.ready") -> float:
        """Open a file, wait until ``ready`` holds, and return the milliseconds that took."""
        self.call("Page.navigate", url="about:blank")
        self.events.clear()
        self.call("Page.navigate", url=page.resolve().as_uri() + fragment)
        deadline = time.monotonic() + TIMEOUT_S
        while not self.run(f"Boolean({ready})"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"page is not ready: {self.told()}")
            time.sleep(0.02)
        return float(self.run("performance.now()"))

    def run(self, script: str) -> Any:
        """Value of an expression in the page; promises are waited for."""
        how = {"returnByValue": True, "awaitPromise": True, "userGesture": True}
        answer = self.call("Runtime.evaluate", expression=script, **how)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", "script failed"))
        return answer["result"].get("value")

    def told(self) -> list[str]:
        """What the console said, and uncaught errors."""
        self.run("1")
        lines = []
        for event in self.events:
            values = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                lines.append(str(values["exceptionDetails"].get("exception", {}).get("description")))
            if event.get("method") == "Runtime.consoleAPICalled":
                lines.append(" ".join(str(part.get("value")) for part in values["args"]))
            if event.get("method") == "Log.entryAdded":
                lines.append(values["entry"]["text"])
        return lines

    def requests(self) -> list[str]:
        """Addresses that the page asked for, its own file and data inside it left out."""
        self.run("1")
        sent = [event["params"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        asked = [values["request"]["url"] for values in sent]
        return [url for url in asked if not url.startswith(("file:", "data:", "blob:", "about:"))]

    def dialogs(self) -> int:
        """How many alerts were opened."""
        self.run("1")
        return sum(event.get("method") == "Page.javascriptDialogOpening" for event in self.events)

    def screenshot(self, path: Path) -> None:
        """Write what the page looks like as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
