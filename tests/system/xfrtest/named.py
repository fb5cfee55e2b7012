# SPDX-License-Identifier: MPL-2.0
# One real named: its directory, ports, keys and configuration, its start and
# its end (always by its own pid), and what it says.
"""A named of our own, in the foreground, in a fresh directory."""

import base64
import functools
import os
import re
import secrets
import signal
import subprocess

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from . import netns as _netns
from .ports import Port
from .stats import read_blocks
from .watch import LogWatcher, wait_until

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 60
RNDC_TIMEOUT_S = 60
QUERY_TIMEOUT_S = 5

VIEW = re.compile(r'^view "[^"]*" \{', re.M)

STANDARD_LOGGING = """logging {
	channel all {
		file "named.log";
		severity dynamic;
		print-category yes;
		print-severity yes;
	};
	category default { all; };
	category unmatched { all; };
};
"""


def plugin_path():
    """The plugin under test, or None (environment variable XFW_PLUGIN)."""
    return os.environ.get("XFW_PLUGIN") or None


def named_program():
    """named's path; XFW_NAMED overrides."""
    for path in (os.environ.get("XFW_NAMED"), "/usr/sbin/named", "/usr/local/sbin/named"):
        if path and (os.access(path, os.X_OK) or os.environ.get("XFW_NAMED_ROOT")):
            return path
    pytest.skip("no named found")


@functools.lru_cache(maxsize=None)
def named_version(root=None):
    """named's version as it tells it: "9.18.49-1~deb12u3-Debian"."""
    command = [named_program(), "-v"]
    if root:
        command = ["chroot", root, *command]
    return subprocess.run(command, check=True, text=True,
                          capture_output=True).stdout.split()[1]


def _is_918(root):
    return named_version(root).startswith("9.18.")


# What differs between the series, for tests; those ask here and not for versions.

def has_lock_file(root=None):
    """Whether `lock-file` may be configured: 9.20 has it no more."""
    return _is_918(root)


def has_alt_transfer_source(root=None):
    """Whether it tries again without `transfer-source`, unless it is told not to."""
    return _is_918(root)


def says_tls_timeout(root=None):
    """Whether it says of a TLS handshake without an answer that it was TLS.

    9.20 says "timed out", as of a connection without an answer.
    """
    return _is_918(root)


def dropped_syn_s(root=None):
    """After how many seconds it gives up a TCP connection that nobody answers.

    9.18 does so by itself; later series leave it to the kernel, whose
    net.ipv4.tcp_syn_retries is taken to be as usual.
    """
    return 30 if _is_918(root) else 134


def aborts_without_alpn(root=None):
    """Whether named itself, without any plugin, ends by an INSIST in xfrin.c when a
    primary's TLS does not agree on ALPN "dot": seen of 9.20.23, not of 9.20.30."""
    return named_version(root).startswith("9.20.23-")


class Named:
    """A name server; every option may be set again before start().

    name       names its directory below `base`
    address    where it listens for DNS (IPv4 or IPv6), port None: a free one
    config     zones, keys, views ...: text after the options
    options    text inside options {}
    logging    a whole logging statement; None: everything into named.log
    plugin     None: as XFW_PLUGIN says; False: without; a path: that one
    parameters text inside the plugin's braces; None: a statement without braces
    netns      name of the network namespace to live in
    prefix     command in front of named's (valgrind, unshare ...), exec'ing it
    environ    additional environment
    debug      named -d
    root       directory to chroot(8) into (another series' installation)
    """

    def __init__(self, base, name, address="127.0.0.1", port=None, config="",
                 options="", logging=None, plugin=None, parameters="",
                 netns=None, prefix=(), environ=None, debug=0, root=None,
                 arguments=()):
        self.name = name
        self.dir = os.path.join(str(base), name)
        os.makedirs(self.dir)
        self.address = address
        self.netns = netns
        self._ports = []
        self.port = port or self._take_port((address,) if netns is None else ())
        self.control_port = 953 if netns else self._take_port(("127.0.0.1",))
        self.config = config
        self.options = options
        self.logging = STANDARD_LOGGING if logging is None else logging
        self.plugin = plugin_path() if plugin is None else plugin
        self.parameters = parameters
        self.prefix = list(prefix)
        self.environ = dict(environ or {})
        self.debug = debug
        self.root = root
        self.arguments = list(arguments)
        self.process = None
        self.exit_status = None
        self._secret = base64.b64encode(secrets.token_bytes(32)).decode()
        self._mounted = None

    def _take_port(self, addresses):
        if not addresses:
            return 53
        port = Port(addresses)
        self._ports.append(port)
        return port.number

    # Files

    def path(self, *parts):
        """A path in this server's directory."""
        return os.path.join(self.dir, *parts)

    @property
    def log_path(self):
        """The file of the standard logging statement."""
        return self.path("named.log")

    def write(self, name, text):
        """Write a file into the server's directory; return its path."""
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.path(name)

    def read(self, name):
        """A file of the server's directory, "" if it is not there."""
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as inp:
                return inp.read()
        except FileNotFoundError:
            return ""

    def watch(self, name="named.log", from_start=False):
        """Watch one of its files from now on."""
        return LogWatcher(self.path(name), from_start)

    def log_lines(self):
        """All lines of its log so far."""
        return self.read("named.log").splitlines()

    def stats(self):
        """Run rndc stats; return named's file as text."""
        self.rndc("stats")
        return self.read("named.stats")

    def stats_blocks(self):
        """The xfrwatch blocks of the statistics file, oldest first."""
        return read_blocks(self.path("named.stats"))

    def dump_block(self, timeout=5):
        """Run rndc stats; return the xfrwatch block that belongs to it."""
        before = len(self.stats_blocks())
        self.rndc("stats")
        return wait_until(
            lambda: self.stats_blocks()[before:], timeout, "xfrwatch block"
        )[-1]

    # Configuration

    def plugin_statement(self):
        """The plugin statement, or nothing."""
        if not self.plugin:
            return ""
        if self.parameters is None:
            return f'plugin query "{self.plugin}";\n'
        return f'plugin query "{self.plugin}" {{ {self.parameters} }};\n'

    def render(self):
        """The whole named.conf."""
        if ":" in self.address:
            listen = (f"listen-on {{ none; }};\n"
                      f"\tlisten-on-v6 port {self.port} {{ {self.address}; }};")
        else:
            listen = (f"listen-on port {self.port} {{ {self.address}; }};\n"
                      f"\tlisten-on-v6 {{ none; }};")
        defaults = {
            "pid-file": '"named.pid"',
            "session-keyfile": '"session.key"',
            "lock-file": "none",
            "statistics-file": '"named.stats"',
            "dump-file": '"named.dump"',
            "recursing-file": '"named.recursing"',
            "managed-keys-directory": '"."',
            "recursion": "no",
            "dnssec-validation": "no",
            "empty-zones-enable": "no",
            "notify": "no",
            "allow-transfer": "{ any; }",
        }
        if not has_lock_file(self.root):
            del defaults["lock-file"]
        for key in list(defaults):
            if re.search(rf"(^|[\s;]){re.escape(key)}\s", self.options):
                del defaults[key]
        body = "".join(f"\t{k} {v};\n" for k, v in defaults.items())
        plugin, config = self.plugin_statement(), self.config
        if VIEW.search(config):  # then named wants it in each of them
            statement, plugin = plugin, ""
            config = VIEW.sub(lambda m: m.group() + " " + statement, config)
        return (
            f'key "rndc" {{ algorithm hmac-sha256; secret "{self._secret}"; }};\n'
            f"controls {{ inet 127.0.0.1 port {self.control_port} "
            f'allow {{ 127.0.0.1; }} keys {{ "rndc"; }}; }};\n'
            f"{self.logging}"
            f'options {{\n\tdirectory "{self.dir}";\n\t{listen}\n{body}'
            f"\t{self.options}\n}};\n"
            f"{plugin}{config}"
        )

    def write_config(self):
        """Write named.conf and the key file of rndc."""
        self.write(
            "rndc.key",
            f'key "rndc" {{ algorithm hmac-sha256; secret "{self._secret}"; }};\n',
        )
        return self.write("named.conf", self.render())

    def check_config(self):
        """Run named-checkconf; return (exit status, output)."""
        self.write_config()
        result = subprocess.run(
            self._wrap(["named-checkconf", "named.conf"], cwd=True), cwd=self.dir,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )
        return result.returncode, result.stdout

    # Running

    def _wrap(self, command, cwd=False):
        if self.root:
            if cwd:
                command = ["sh", "-c", f"cd {self.dir} && exec \"$@\"", "sh", *command]
            command = ["chroot", self.root, *command]
        if self.netns:
            command = ["ip", "netns", "exec", self.netns, *command]
        return command

    def command(self):
        """The command line that start() runs."""
        named = [named_program(), "-f", "-c", self.path("named.conf"), *self.arguments]
        if "-L" not in self.arguments and "-g" not in self.arguments:
            named += ["-L", self.path("startup.log")]
        if self.debug:
            named += ["-d", str(self.debug)]
        return self._wrap([*self.prefix, *named])

    def _enter_root(self):
        if self.root:
            target = self.root + self.dir
            os.makedirs(target, exist_ok=True)
            subprocess.run(["mount", "--rbind", self.dir, target], check=True)
            self._mounted = target

    def _leave_root(self):
        if self._mounted:
            subprocess.run(["umount", "-R", self._mounted], check=False)
            for directory in (self._mounted, os.path.dirname(self._mounted)):
                try:
                    os.rmdir(directory)
                except OSError:
                    break  # another server of the same lab is still there
            self._mounted = None

    def spawn(self):
        """Write the configuration and start, without waiting for anything."""
        self.write_config()
        self._enter_root()
        self.exit_status = None
        with open(self.path("stderr"), "a") as err:
            self.process = subprocess.Popen(
                self.command(), cwd=self.dir, stdin=subprocess.DEVNULL,
                stdout=err, stderr=err, env={**os.environ, **self.environ},
            )
        return self

    def start(self, timeout=START_TIMEOUT_S):
        """Start, and wait until it answers queries and rndc."""
        self.spawn()
        wait_until(self._is_up, timeout, f"start of {self.name}")
        return self

    def _is_up(self):
        if self.process.poll() is not None:
            raise RuntimeError(
                f"{self.name} ended with status {self.process.returncode}:\n"
                + self.read("startup.log") + self.read("stderr")
                + "\n".join(self.log_lines()[-20:])
            )
        if self.rndc("status", check=False, quick=True) is None:
            return False
        try:
            self.query("version.bind", "TXT", rdclass="CH", timeout=1)
        except (OSError, dns.exception.DNSException):
            return False
        return True

    @property
    def running(self):
        """Whether our process lives."""
        return self.process is not None and self.process.poll() is None

    def wait_exit(self, timeout=STOP_TIMEOUT_S):
        """Wait for its end; return the exit status (-N: by signal N)."""
        try:
            self.exit_status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.exit_status = self.process.wait()
            raise TimeoutError(f"{self.name} did not end in {timeout} s") from None
        finally:
            self._leave_root()
        self.process = None
        return self.exit_status

    def signal(self, number):
        """Send a signal to our process."""
        self.process.send_signal(number)

    def stop(self, timeout=STOP_TIMEOUT_S):
        """End it with SIGTERM; return the exit status."""
        if self.process is None:
            return self.exit_status
        if self.running:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
        return self.wait_exit(timeout)

    def close(self):
        """End it and give its ports back."""
        try:
            self.stop()
        finally:
            for port in self._ports:
                port.close()
            self._ports = []

    # Talking to it

    def rndc(self, *args, check=True, quick=False, timeout=RNDC_TIMEOUT_S):
        """Run rndc; return its output, None if it failed and check is false."""
        command = ["rndc", "-k", self.path("rndc.key"),
                   "-s", "127.0.0.1", "-p", str(self.control_port), *args]
        if self.netns:
            command = ["ip", "netns", "exec", self.netns, *command]
        try:
            result = subprocess.run(
                command, text=True, capture_output=True, check=False,
                timeout=5 if quick else timeout, env={**os.environ, **self.environ},
            )
        except subprocess.TimeoutExpired:
            if check:
                raise
            return None  # busy, as with many zones at its start
        if result.returncode != 0:
            if check:
                raise RuntimeError(f"rndc {args}: {result.stdout}{result.stderr}")
            return None
        return result.stdout

    def reconfig(self, check=True):
        """Write named.conf anew and tell named."""
        self.write_config()
        return self.rndc("reconfig", check=check)

    def query(self, name, rdtype="SOA", rdclass="IN", tcp=False,
              timeout=QUERY_TIMEOUT_S, source=None, request=None):
        """Ask it; return the answer message."""
        request = request or dns.message.make_query(name, rdtype, rdclass)
        ask = dns.query.tcp if tcp else dns.query.udp
        return _netns.run_in(self.netns, lambda: ask(
            request, self.address, timeout=timeout, port=self.port, source=source))

    def serial(self, zone, source=None):
        """The serial that it serves, None if it does not serve the zone."""
        try:
            answer = self.query(zone, "SOA", source=source)
        except (OSError, dns.exception.DNSException):
            return None
        if answer.rcode() != dns.rcode.NOERROR or not answer.flags & dns.flags.AA:
            return None
        for rrset in answer.answer:
            if rrset.rdtype == dns.rdatatype.SOA:
                return rrset[0].serial
        return None

    def wait_serial(self, zone, serial, timeout=30, source=None):
        """Wait until it serves that serial; `source`: address to ask from."""
        return wait_until(lambda: self.serial(zone, source) == serial, timeout,
                          f"serial {serial} of {zone} at {self.name}")
