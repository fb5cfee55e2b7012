# SPDX-License-Identifier: MPL-2.0
# Debian's promtool and a real Prometheus server for tests of /metrics, of the
# alerting rules and of the dashboard.  Everything is on loopback, in the lab's
# directory, and is stopped by its own pid when the lab closes.
"""Scrape, query and lint with the real thing.

    prometheus = start_prometheus(lab, {"xfrwatch": "127.0.0.1:8054"})
    prometheus.wait_value('bind_secondary_zones{state="failing"}', 1)
"""

import functools
import http.client
import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from .ports import Port
from .watch import wait_until

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 20
HTTP_TIMEOUT_S = 10
WAIT_S = 15

TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# What Prometheus itself sends (2.42; later ones alike).
OPENMETRICS_ACCEPT = ("application/openmetrics-text;version=1.0.0,"
                      "application/openmetrics-text;version=0.0.1;q=0.75,"
                      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
TEXT_ACCEPT = "text/plain;version=0.0.4;q=1,*/*;q=0.1"


def program(name):
    """Path of a program of Debian's; the test is skipped without it."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def fetch(url, accept=None, timeout=HTTP_TIMEOUT_S):
    """GET a URL; return (status, Content-Type, text)."""
    request = urllib.request.Request(url, headers={"Accept": accept} if accept else {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.headers.get("Content-Type"), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Content-Type"), error.read().decode()


# promtool

def promtool(*arguments, text=None, cwd=None):
    """Run promtool; return (exit status, everything that it said)."""
    result = subprocess.run([program("promtool"), *arguments], input=text, text=True,
                            cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            timeout=120, check=False)
    return result.returncode, result.stdout


def check_metrics(text):
    """promtool check metrics: it must neither fail nor have anything to say."""
    status, said = promtool("check", "metrics", text=text)
    assert status == 0 and not said.strip(), f"promtool check metrics ({status}):\n{said}"


def check_rules(*paths):
    """promtool check rules; returns what it said."""
    status, said = promtool("check", "rules", *map(str, paths))
    assert status == 0, said
    return said


def run_rule_tests(directory, *paths):
    """promtool test rules, relative to a directory; returns what it said."""
    status, said = promtool("test", "rules", *map(str, paths), cwd=directory)
    assert status == 0, said
    return said


# A page to be scraped

class Exposition:
    """An HTTP server on loopback whose /metrics is what a test says.

    text     what is answered; may be set again at any time
    source   instead of text: a URL that is asked anew for each scrape, with
             `accept` in place of what the client accepts
    """

    def __init__(self, text="", content_type=TEXT_TYPE, source=None, accept=TEXT_ACCEPT):
        self.text = text
        self.content_type = content_type
        self.source = source
        self.accept = accept
        self.accepted = []  # Accept fields of the scrapes so far
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One scrape."""

            def do_GET(self):
                """Answer it."""
                outer.accepted.append(self.headers.get("Accept"))
                status, kind, text = outer.answer(self.path)
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind or TEXT_TYPE)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args):
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.target = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=functools.partial(self._server.serve_forever, poll_interval=0.05))
        self._thread.start()

    def answer(self, path):
        """Status, type and text of the answer to one scrape."""
        if self.source is None:
            return 200, self.content_type, self.text
        query = urllib.parse.urlsplit(path).query
        try:
            return fetch(self.source + ("?" + query if query else ""), self.accept)
        except (OSError, http.client.HTTPException) as error:
            return 502, "text/plain", str(error)

    def close(self):
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


# Prometheus

class Sample:
    """One element of an instant vector."""

    def __init__(self, labels, value):
        self.labels = labels
        self.value = value

    def __repr__(self):
        return f"{self.labels} {self.value}"


class Prometheus:
    """A Prometheus server of our own; made by start_prometheus()."""

    def __init__(self, directory, jobs, rules=(), interval_s=1, external_labels=None):
        self.dir = directory
        self.jobs = jobs
        self.rules = [os.path.abspath(path) for path in rules]
        self.interval_s = interval_s
        self.external_labels = external_labels or {}
        self.process = None
        self._port = Port()
        self.url = f"http://127.0.0.1:{self._port.number}"

    def _config(self):
        """prometheus.yml; JSON is YAML too."""
        every = f"{int(self.interval_s * 1000)}ms"
        scrapes = []
        for name, job in self.jobs.items():
            job = dict(job) if isinstance(job, dict) else {"target": job}
            target = job.pop("target")
            scrapes.append({"job_name": name, "static_configs": [{"targets": [target]}],
                            **job})
        return {"global": {"scrape_interval": every, "scrape_timeout": every,
                           "evaluation_interval": every,
                           "external_labels": self.external_labels},
                "rule_files": self.rules, "scrape_configs": scrapes}

    def start(self):
        """Start, and wait until it is ready."""
        os.makedirs(self.dir)
        config = os.path.join(self.dir, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as out:
            json.dump(self._config(), out, indent=1)
        with open(os.path.join(self.dir, "log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [program("prometheus"), f"--config.file={config}",
                 f"--storage.tsdb.path={os.path.join(self.dir, 'data')}",
                 f"--web.listen-address=127.0.0.1:{self._port.number}"],
                cwd=self.dir, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._is_ready, START_TIMEOUT_S, "start of Prometheus", poll=0.1)
        return self

    def _is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"prometheus ended with {self.process.returncode}:\n"
                               + self.log())
        try:
            return fetch(self.url + "/-/ready", timeout=2)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def log(self):
        """What it said so far."""
        with open(os.path.join(self.dir, "log"), encoding="utf-8", errors="replace") as inp:
            return inp.read()

    def close(self):
        """End it, by its pid."""
        try:
            if self.process is not None and self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                try:
                    self.process.wait(STOP_TIMEOUT_S)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
        finally:
            self._port.close()

    # Its HTTP API

    def api(self, path, **parameters):
        """GET /api/v1/...; return `data`, or raise what Prometheus says is wrong."""
        url = f"{self.url}/api/v1/{path}"
        if parameters:
            url += "?" + urllib.parse.urlencode(parameters, doseq=True)
        _, _, text = fetch(url)
        answer = json.loads(text)
        if answer["status"] != "success":
            raise ValueError(f"{path} {parameters}: {answer.get('error')}")
        return answer["data"]

    def query(self, expression):
        """An instant query; a list of Samples (a scalar is one without labels)."""
        data = self.api("query", query=expression)
        if data["resultType"] == "scalar":
            return [Sample({}, float(data["result"][1]))]
        return [Sample(r["metric"], float(r["value"][1])) for r in data["result"]]

    def query_range(self, expression, seconds, step_s=1):
        """A range query up to now; a list of (labels, [(time, value), ...])."""
        now = time.time()
        data = self.api("query_range", query=expression, start=now - seconds, end=now,
                        step=step_s)
        return [(r["metric"], [(t, float(v)) for t, v in r["values"]])
                for r in data["result"]]

    def value(self, expression):
        """The value of an expression with one result; None: there is none."""
        samples = self.query(expression)
        assert len(samples) <= 1, f"{expression}: {samples}"
        return samples[0].value if samples else None

    def values(self, expression, label):
        """{value of a label: value of the sample}"""
        return {s.labels.get(label): s.value for s in self.query(expression)}

    def wait_samples(self, expression, condition=bool, timeout=WAIT_S):
        """Query until condition(list of Samples) holds; return them."""
        last = []

        def satisfied():
            last[:] = self.query(expression)
            return condition(last)

        try:
            wait_until(satisfied, timeout, expression, poll=0.1)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; last: {last}") from None
        return list(last)

    def wait_value(self, expression, expected, timeout=WAIT_S):
        """Query until the only result is `expected` (None: there is no result; or a
        function of the value)."""
        def right(samples):
            if expected is None:
                return not samples
            if len(samples) != 1:
                return False
            value = samples[0].value
            return expected(value) if callable(expected) else value == expected

        samples = self.wait_samples(expression, right, timeout)
        return samples[0].value if samples else None

    def targets(self):
        """The active targets, by job."""
        return {t["labels"]["job"]: t
                for t in self.api("targets", state="active")["activeTargets"]}

    def wait_up(self, *jobs, timeout=WAIT_S):
        """Wait until every job (named ones, or all) was scraped without an error."""
        jobs = jobs or tuple(self.jobs)

        def up():
            targets = self.targets()
            return all(job in targets and targets[job]["health"] == "up" for job in jobs)

        try:
            wait_until(up, timeout, f"scrape of {jobs}", poll=0.1)
        except TimeoutError as error:
            said = {job: t["lastError"] for job, t in self.targets().items()}
            raise TimeoutError(f"{error}: {said}") from None

    def metadata(self, metric=None):
        """{metric: [{"type", "help", "unit"}, ...]}, one entry for each differing one."""
        return self.api("metadata", **({"metric": metric} if metric else {}))

    def alerts(self, name=None):
        """Alerts that are pending or firing, as the API gives them."""
        return [a for a in self.api("alerts")["alerts"]
                if name is None or a["labels"]["alertname"] == name]

    def wait_alert(self, name, state="firing", timeout=WAIT_S):
        """Wait for an alert in that state; return all such."""
        return wait_until(
            lambda: [a for a in self.alerts(name) if a["state"] == state],
            timeout, f"alert {name} {state}", poll=0.1)


def start_prometheus(lab, jobs, rules=(), name="prometheus", **kwargs):
    """Start a Prometheus that ends with the lab.  It scrapes for the first time about
    5 seconds later (its own pace of taking targets): use one for several questions.

    jobs   {job name: "127.0.0.1:PORT"}, or in place of the target a dict with
           "target" and more fields of a scrape_config ("params", "metrics_path" ...)
    rules  paths of rule files
    """
    program("prometheus")
    server = Prometheus(os.path.join(lab.dir, name), jobs, rules, **kwargs)
    lab.defer(server.close)
    return server.start()


def start_exposition(lab, *args, **kwargs):
    """An Exposition that ends with the lab."""
    server = Exposition(*args, **kwargs)
    lab.defer(server.close)
    return server
