# SPDX-License-Identifier: MPL-2.0
# Headless Chromium for the tests of the page: a fresh profile, no talk with anybody
# but the server under test, and what the console and the network said.
"""Drive a browser."""

import json
import shutil
import tempfile

CHROMIUM = "chromium"
DRIVER = "chromedriver"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage",
         "--no-proxy-server", "--hide-scrollbars", "--lang=en-US"]


def missing():
    """Why there is no browser, or None."""
    for program in (CHROMIUM, DRIVER):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    try:
        import selenium  # noqa: F401  pylint: disable=import-outside-toplevel,unused-import
    except ImportError:
        return "python3-selenium is not installed"
    return None


class Browser:
    """One Chromium with one window."""

    def __init__(self):
        from selenium import webdriver  # pylint: disable=import-outside-toplevel
        from selenium.webdriver.chrome.service import (  # pylint: disable=import-outside-toplevel
            Service)
        self._profile = tempfile.mkdtemp(prefix="xfrwatch-browser.")
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which(CHROMIUM)
        for flag in [*FLAGS, f"--user-data-dir={self._profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        try:
            self.driver = webdriver.Chrome(
                service=Service(executable_path=shutil.which(DRIVER)), options=options)
        except BaseException:
            shutil.rmtree(self._profile, ignore_errors=True)
            raise

    def close(self):
        """End it and remove its profile."""
        try:
            self.driver.quit()
        finally:
            shutil.rmtree(self._profile, ignore_errors=True)

    def size(self, width, height=900):
        """The size of the window's content."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def scheme(self, name):
        """"dark" or "light"."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": name}]})

    def js(self, script, *args):
        """Run a script, return its value."""
        return self.driver.execute_script(script, *args)

    def console(self):
        """What the console said since the last call."""
        return self.driver.get_log("browser")

    def requested(self):
        """The addresses that were asked for since the last call."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return found
