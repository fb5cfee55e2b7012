# SPDX-License-Identifier: MPL-2.0
# named.conf.example as users get it: named-checkconf takes it, and a named that is
# started with it, its paths and ports adapted, has xfrwatch running.
"""The example configuration."""

import os
import re
import subprocess

import pytest

from xfrtest.channel import Channel
from xfrtest.faults import OLD
from xfrtest.named import has_lock_file
from xfrtest.primary import ScriptedZone
from xfrtest.zones import zone_text

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
EXAMPLE = os.path.join(TOP, "named.conf.example")
TABLE = os.path.join(TOP, "include", "xfrwatch", "params.tbl.h")


def example(directory, plugin, port=8054):
    """Its text with the changes that it speaks of itself."""
    if not os.path.exists(EXAMPLE):
        pytest.skip("no named.conf.example")
    with open(EXAMPLE, encoding="utf-8") as inp:
        text = inp.read()
    assert text.count('"/var/cache/bind"') == 2  # once in its comment
    assert text.count('plugin query "xfrwatch.so"') == 1
    assert text.count("port 8054") == 2  # here as well
    return text.replace("port 8054", f"port {port}").replace("/var/cache/bind", str(directory)).replace(
        'query "xfrwatch.so"', f'query "{plugin}"')


def test_named_checkconf(tmp_path, plugin):
    """Without a word."""
    (tmp_path / "named.conf").write_text(example(tmp_path, plugin))
    result = subprocess.run(["named-checkconf", "named.conf"], cwd=tmp_path, timeout=60,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert (result.returncode, result.stdout) == (0, b"")


def test_every_parameter_is_shown(tmp_path, plugin):
    """Each of the table, once."""
    text = re.sub(r"//.*", "", example(tmp_path, plugin))
    with open(TABLE, encoding="ascii") as inp:
        names = re.findall(r'^XFW_PARAM\(\w+, "([^"]+)"', inp.read(), re.M)
    block = re.search(r"plugin query [^{]*\{(.*?)\n\};", text, re.S).group(1)
    assert sorted(re.findall(r"^\t([a-z-]+) ", block, re.M)) == sorted(names)


def test_named_runs_with_it(lab, plugin):
    """xfrwatch says that it is there, sees both zones, and tells what fails."""
    good = lab.scripted(ScriptedZone("example.com", zone_text(OLD)))
    bad = lab.scripted()
    server = lab.secondary(plugin=plugin)
    channel = Channel(lab)
    text = example(server.dir, plugin, channel.port)
    text = re.sub(r"listen-on port 53 \{ any; \}", f"listen-on port {server.port} "
                  "{ 127.0.0.1; }", text)
    text = text.replace("listen-on-v6 port 53 { any; }", "listen-on-v6 { none; }")
    text = text.replace("192.0.2.53; 2001:db8::53;", f"127.0.0.1 port {good.port};")
    text = text.replace('192.0.2.53 key', f"127.0.0.1 port {bad.port} key")
    own = server.render()
    control = own[:own.index("options {")]  # rndc's key and port, the log file
    text = text.replace("options {", 'options { pid-file "named.pid"; '
                        'session-keyfile "session.key";'
                        + (" lock-file none;" if has_lock_file(lab.root) else ""), 1)
    server.render = lambda: control + text
    server.start()
    server.wait_serial("example.com", OLD)
    with server.watch(from_start=True) as log:
        log.wait(r"xfrwatch \d+\.\d+\.\d+ \(built for BIND ", 10)
        bad.close()
        server.rndc("refresh", "example.net")
        log.wait(r"xfrwatch: incident=\d+ event=opened .*first-zone=example\.net/IN", 60)
    block = server.dump_block()
    assert sum(block["zones"].values()) == 2
    assert "example.net/IN" in block["failing"]
    assert [zone["name"] for zone in channel.json("/json/v1/zones?state=unhealthy")["zones"]] \
        == ["example.net"]
    assert server.stop() == 0
