# SPDX-License-Identifier: MPL-2.0
# The page of the statistics channel in a real browser, headless: what a person sees,
# reaches by keyboard and hears, in every scene that the fake channel knows, and before
# a real named whose transfers fail.
"""The page for people."""

import base64
import hashlib
import re
import subprocess

import dns.name
import pytest

from xfrtest.browser import Browser, missing
from xfrtest.channel import Channel
from xfrtest.fakechannel import (CAUSES, FOLDER, HOSTILE, SCENES, FakeChannel, World, embed,
                                 healthy, incidents, iso, many, reduced)
from xfrtest.faults import NEW, OLD
from xfrtest.primary import ScriptedZone, send_notify
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

WAIT_S = 15
ROWS_MAX = 100
WIDE, NARROW = 1400, 360
FASTER = 10
# Time runs faster for the page: its 5 s between two readings become half a second.
FAST = f"""{{ const slow = window.setTimeout;
window.setTimeout = (f, ms, ...rest) => slow(f, ms / {FASTER}, ...rest); }}"""

# All text that is seen, with the worst contrast of each pair of colours (WCAG 2.1,
# 1.4.3); every background on the page is opaque.
CONTRAST = """
const parse = (c) => c.match(/[\\d.]+/g).map(Number);
const lum = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => { v /= 255;
  return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const bad = new Map();
for (const e of document.querySelectorAll("body *")) {
  if (!e.checkVisibility() || e.closest("svg, noscript, option")) continue;
  const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== "");
  if (!own && !e.matches("input, select")) continue;
  const style = getComputedStyle(e);
  let up = e, back = [0, 0, 0, 0];
  while (up !== null) {
    back = parse(getComputedStyle(up).backgroundColor);
    if (back.length < 4 || back[3] > 0) break;
    up = up.parentElement;
  }
  const a = lum(parse(style.color)), b = lum(back);
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (large ? 3 : 4.5)) bad.set(`${style.color} on ${back}`, `${e.tagName}.${e.className} ${ratio}`);
}
return [...bad];
"""

# What a program for checking accessibility would complain about.
COMPLAINTS = """
const bad = [];
const all = (s) => [...document.querySelectorAll(s)].filter((e) => e.checkVisibility());
const name = (e) => (e.getAttribute("aria-label") || (e.getAttribute("aria-labelledby") || "")
  .split(" ").map((id) => document.getElementById(id)?.textContent || "").join("")
  || [...(e.labels || [])].map((l) => l.textContent).join("") || e.textContent).trim();
if (!document.documentElement.lang) bad.push("no language");
for (const [tag, n] of [["main", 1], ["header", 1], ["nav", 1], ["footer", 1], ["h1", 1]]) {
  if (all(tag).length !== n) bad.push(`${all(tag).length} ${tag}`);
}
let level = 0;
for (const e of all("h1, h2, h3, h4")) {
  const next = Number(e.tagName[1]);
  if (next > level + 1) bad.push(`h${next} follows h${level}`);
  if (!e.textContent.trim()) bad.push("empty heading");
  level = next;
}
for (const e of all("table")) {
  if (!e.caption || !e.caption.textContent.trim()) bad.push("table without caption");
}
for (const e of all("th")) if (!["row", "col"].includes(e.scope)) bad.push("th without scope");
for (const e of all("tbody tr:not(.detail)")) {
  if (!e.querySelector("th") && !e.closest("#events-rows")) bad.push("row without head");
}
for (const e of all("button, a, input, select, nav, section, article, [role=group], [role=search]")) {
  if (!name(e)) bad.push(`no name: ${e.outerHTML.slice(0, 80)}`);
}
for (const e of all(".sev")) {
  if (!e.textContent.trim()) bad.push("severity without a word");
}
for (const e of all(".left")) if (!e.textContent.trim()) bad.push("bar without words");
for (const e of all("svg")) {
  if (e.getAttribute("aria-hidden") !== "true") bad.push("picture that is read out");
  const href = e.querySelector("use")?.getAttribute("href");
  if (href && !document.querySelector(href)) bad.push(`no picture ${href}`);
}
const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
if (new Set(ids).size !== ids.length) bad.push("an id twice");
for (const a of ["aria-labelledby", "aria-describedby", "for"]) {
  for (const e of document.querySelectorAll(`[${a}]`)) {
    if (!document.getElementById(e.getAttribute(a))) bad.push(`${a} leads nowhere`);
  }
}
if (document.querySelectorAll("[aria-live], [role=alert], [role=status]").length !== 1) {
  bad.push("not one live region");
}
for (const e of all("button, select, input")) {
  const box = e.getBoundingClientRect();
  if (box.width > 0 && box.height < 16) bad.push(`small: ${e.outerHTML.slice(0, 80)}`);
}
for (const e of document.querySelectorAll("*")) {
  for (const a of e.attributes) if (a.name.startsWith("on")) bad.push(`handler ${a.name}`);
}
return bad;
"""

# Cells whose content reaches into the next one.
OVERFLOW = """
return [...document.querySelectorAll("td, th")].filter((cell) => {
  if (!cell.checkVisibility() || cell.closest("thead") && innerWidth < 900) return false;
  const box = cell.getBoundingClientRect(), range = document.createRange();
  range.selectNodeContents(cell);
  return [...range.getClientRects()].some((r) => r.width > 0 && r.height > 0
    && (r.right > box.right + 0.5 || r.left < box.left - 0.5));
}).map((cell) => cell.outerHTML.slice(0, 99));
"""

FOCUS = """
const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
return { tag: e.tagName, id: e.id, text: e.textContent.trim().slice(0, 40), cls: e.className,
  outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight };
"""


class Page:
    """The page of one channel in the browser."""

    def __init__(self, browser, url):
        self.browser = browser
        self.driver = browser.driver
        self.url = url
        self._scripts = []

    def js(self, script, *args):
        """The value of a script."""
        return self.browser.js(script, *args)

    def open(self, rest="", fast=False, ready=True, width=WIDE, scheme="light"):
        """Load it afresh."""
        self.browser.size(width)
        self.browser.scheme(scheme)
        self.driver.get("about:blank")
        self.browser.console()
        self.browser.requested()
        if fast:
            self._scripts.append(self.driver.execute_cdp_cmd(
                "Page.addScriptToEvaluateOnNewDocument", {"source": FAST})["identifier"])
        self.driver.get(self.url + rest)
        if ready:
            self.wait("return !document.getElementById('content').hidden", what="the content")
        return self

    def close(self):
        """Leave nothing for the next test."""
        for identifier in self._scripts:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument",
                                        {"identifier": identifier})
        self.driver.get("about:blank")

    def wait(self, script, *args, what=None, timeout=WAIT_S):
        """Until the script gives something true; returns that."""
        return wait_until(lambda: self.js(script, *args), timeout, what or script)

    def text(self, selector):
        """What is written there."""
        return self.js("return document.querySelector(arguments[0]).innerText", selector)

    def texts(self, selector):
        """Of all such elements."""
        return self.js("return [...document.querySelectorAll(arguments[0])]"
                       ".map((e) => e.textContent)", selector)

    def wait_text(self, selector, pattern, timeout=WAIT_S):
        """Until it matches."""
        return wait_until(lambda: re.search(pattern, self.text(selector) or ""), timeout,
                          f"{pattern} in {selector}")

    def refresh(self):
        """Read anew now, as after the window was hidden; returns when all is shown."""
        self.js("""window.reads = 0;
            new MutationObserver(() => window.reads++).observe(
                document.getElementById("zones-caption"), { childList: true, subtree: true,
                characterData: true });
            performance.clearResourceTimings();
            document.dispatchEvent(new Event("visibilitychange"));""")
        self.wait("""return performance.getEntriesByType("resource")
            .filter((e) => e.responseEnd > 0).length >= 4""", what="four answers")
        # Two frames later what came of them is in the document.
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame("
            "() => setTimeout(done)));")

    def keys(self, *keys):
        """Press them."""
        from selenium.webdriver.common.action_chains import (  # pylint: disable=import-outside-toplevel
            ActionChains)
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def click(self, selector):
        """As a hand would."""
        self.js("document.querySelector(arguments[0]).click()", selector)

    def zones(self):
        """Names in the list."""
        return self.texts("#zones-rows bdi:first-of-type:not(.two)")

    def check_clean(self):
        """Nothing in the console, nobody else was asked."""
        assert not [entry["message"] for entry in self.browser.console()]
        asked = [url for url in self.browser.requested()
                 if not url.startswith(("about:", "data:"))]
        assert asked and all(url.startswith(self.url) for url in asked), asked


@pytest.fixture(scope="module")
def browser():
    """One Chromium for all tests."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    window = Browser()
    yield window
    window.close()


@pytest.fixture
def shown(browser):
    """A function that serves a world and gives its page; its channel is page.channel."""
    closing = []

    def show(world, **kwargs):
        channel = FakeChannel(world, **kwargs)
        closing.append(channel.close)
        page = Page(browser, channel.url)
        closing.append(page.close)
        page.channel = channel
        return page

    yield show
    for close in reversed(closing):
        close()


# The document as it is built.

def test_policy_fits_the_document():
    """The policy allows the very style and script of the document, and no more."""
    document, policy = embed("html").decode(), embed("policy").decode().strip()
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", document, re.S)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy and "*" not in policy
    for part in ("default-src 'none'", "connect-src 'self'", "img-src data:", "base-uri 'none'",
                 "form-action 'none'", "frame-ancestors 'none'"):
        assert part in policy.split("; ")
    assert not re.search(r"@[A-Z]+@", document)
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", document)


def test_header_holds_the_document():
    """The C array is the document, byte by byte."""
    header = embed("header").decode()
    data = header.split("{\n", 1)[1].split("}", 1)[0]
    assert bytes(int(n) for n in data.replace("\n", "").rstrip(",").split(",")) == embed("html")
    assert f'"{embed("policy").decode().strip()}"' in header


def test_causes_are_those_of_the_table():
    """Each cause with its line, from the one table of causes."""
    listed = re.findall(r'^\t"([a-z0-9-]+)": "(.+)",?$', embed("html").decode(), re.M)
    with open(CAUSES, encoding="ascii") as inp:
        table = re.findall(r'^XFW_CAUSE\(\w+, "([a-z0-9-]+)", \w+, \w+,\s+((?:"[^"]*"\s*)+)\)',
                           inp.read(), re.M)
    assert listed == [(name, re.sub(r'"\s*"', "", line).strip('"')) for name, line in table]
    assert len(listed) > 30


def test_a_broken_table_breaks_the_build(tmp_path):
    """Rather no page than one with half of the causes."""
    table = tmp_path / "causes.tbl.h"
    table.write_text('XFW_CAUSE(A, "a", DATA, NOTICE,\n\t  "one", "two")\n')
    result = subprocess.run(["/bin/sh", f"{FOLDER}/embed.sh", "html", FOLDER, str(table)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert result.returncode != 0


# Scenes.

VERDICTS = {
    "empty": ("No zones to watch yet", "unknown", r"^xfrwatch – "),
    "healthy": ("All 9,683 zones are ok", "ok", r"^xfrwatch – "),
    "incidents": ("317 of 9,688 zones need attention: 2 never loaded, 2 expired, 313 failing",
                  "alert", r"^\(5\) xfrwatch – "),
    "many": ("All 100,000 zones fail to refresh", "alert", r"^\(30\) xfrwatch – "),
    "reduced": ("All 3 zones are ok", "ok", r"^xfrwatch – "),
    "hostile": ("11 of 12 zones fail to refresh", "crit", r"^\(11\) xfrwatch – "),
}


@pytest.mark.parametrize("scene", SCENES)
def test_scene(shown, scene):
    """Said first; readable in both schemes, at both widths; nothing amiss."""
    page = shown(SCENES[scene]())
    line, severity, title = VERDICTS[scene]
    backgrounds = set()
    for width, scheme in ((WIDE, "light"), (NARROW, "dark")):
        page.open(width=width, scheme=scheme)
        assert page.text("#verdict-line") == line
        assert page.js("return document.getElementById('verdict').dataset.severity") == severity
        assert re.search(title, page.driver.title)
        assert page.js("return document.querySelectorAll('tbody tr').length") <= ROWS_MAX
        assert page.js("return document.documentElement.scrollWidth") <= width
        assert page.js("return [...document.querySelectorAll('body *')].filter((e) => "
                       "e.checkVisibility() && !e.closest('.unseen, .skip, caption, thead, svg') && "
                       "e.getBoundingClientRect().right > innerWidth + 1)"
                       ".map((e) => e.outerHTML.slice(0, 99))") == []
        assert page.js(OVERFLOW) == []
        assert not page.js(COMPLAINTS)
        assert not page.js(CONTRAST)
        backgrounds.add(page.js("return getComputedStyle(document.body.parentNode)"
                                ".backgroundColor"))
        page.check_clean()
    assert len(backgrounds) == 2


def test_no_zones_are_explained(shown):
    """Nobody is left with an empty page."""
    page = shown(World()).open()
    assert "secondary, mirror and stub zones" in page.text("#verdict-more")
    assert page.text("#incidents-empty") == "No incident is open."
    assert page.text("#zones-empty") == "There are no zones yet."
    assert page.js("return document.getElementById('zones-table').hidden")


def test_reduced_mode_is_told(shown):
    """A banner with both versions and what to do, as long as it is so."""
    page = shown(reduced()).open(fast=True)
    banner = page.text("#mode")
    assert re.match(r"Reduced mode: xfrwatch was built for BIND 9\.18\.49-1~deb12u1-Debian, "
                    r"but this is BIND 9\.18\.51-1~deb12u1-Debian\. ", banner)
    assert "rebuild xfrwatch against the installed bind9-dev and restart named" in banner
    assert "not known in reduced mode" in page.text("#verdict-more")
    assert "Mode\nreduced" in page.text("#facts")
    page.channel.world.ok = 0
    page.wait_text("#verdict-line", "^No zones to watch yet$")
    assert "when named has logged a first line about it" in page.text("#verdict-more")
    # Built again, and named started anew.
    page.channel.world = healthy()
    page.wait_text("#verdict-line", "^All 9,683 zones are ok$")
    assert page.js("return document.getElementById('mode').hidden")
    assert page.text("#verdict-more") == "No incident is open, and no zone is about to expire."
    page.check_clean()


def test_what_a_person_on_call_sees(shown):
    """Incidents by severity, with what to do; zones by deadline, each with its bar."""
    page = shown(incidents()).open()
    assert page.texts(".incident .mark .sev") == ["alert", "alert", "alert", "crit", "notice"]
    assert page.texts("#incidents-by .sev") == ["3 alert", "1 crit", "1 notice"]
    card = page.text(".incident[data-severity=crit]")
    for part in ("TCP connection refused by the primary at 10.0.0.53#53",
                 "What to do: check firewall rules for TCP port 53 from here to 10.0.0.53",
                 "312 zones of 340", "First zone lost in 23 h 59 min", "example.com/IN",
                 "93 % sure", "failing for 12 h 03 min",
                 "Nothing listens on TCP port 53, though UDP port 53 answers",
                 "connect-refused (network), heard as connect-timeout"):
        assert part in card, part
    assert page.text("#next-deadline").startswith("58 min")
    rows = page.js("return [...document.querySelectorAll('#zones-rows tr')].slice(0, 7)"
                   ".map((r) => [...r.children].map((c) => c.innerText.trim()))")
    assert [row[0].lstrip("›") for row in rows[:4]] == [
        "lost.example", "gone.example.org", "new-customer.example", "bad-data.example.net"]
    assert [row[2].split("\n") for row in rows] == [
        ["expired", "alert"]] * 2 + [["never loaded", "alert"]] * 2 + [["failing", "alert"]] + [
            ["failing", "crit"]] * 2
    assert re.search(r"^23 h 59 min\s+14 % of 7 d$", rows[5][1])
    assert rows[5][3:6] == ["connect-refused\n10.0.0.53#53 and 1 more", "2026112001", "2026112003"]
    share = page.js("const f = document.querySelectorAll('#zones-rows .left')[5];"
                    "return f.querySelector('.fill').getBoundingClientRect().width"
                    " / f.querySelector('.track').clientWidth")
    assert abs(share - 1 / 7) < 0.01
    assert page.texts("#causes-rows tr:first-child td") == ["312", "15,912"]
    assert page.texts("#primaries-rows tr:first-child td") == ["312", "9,683", "37 min ago"]
    assert "Primary did not answer the SOA query" in page.text("#closed-rows")
    assert page.texts("#events-rows tr:first-child time")[0].count(":") == 2
    # Each moment can be read absolutely, by people and by machines.
    assert page.js("return [...document.querySelectorAll('time')].filter((t) => "
                   "t.checkVisibility() && /\\d/.test(t.textContent) && "
                   "(!/^\\d{4}-.*UTC$/.test(t.title) || isNaN(Date.parse(t.dateTime)))).length") == 0
    # Severities differ by shape, not by colour alone.
    shapes = page.js("return Object.fromEntries([...document.querySelectorAll('.sev[data-severity]')]"
                     ".map((s) => [s.dataset.severity, s.querySelector('use').getAttribute('href')]))")
    assert len(set(shapes.values())) == len(shapes) >= 4


def test_a_diagnosis_is_told(shown):
    """What speaks for it and against it, all steps, whether it is not alone."""
    page = shown(incidents()).open()
    card = ".incident[data-severity=crit]"
    assert page.texts(f"{card} summary") == ["All 3 steps", "Evidence (3, 1 against it)"]
    assert "dig @10.0.0.53" not in page.text(card)
    page.js("document.querySelectorAll(arguments[0]).forEach((s) => s.click())", f"{card} summary")
    page.wait_text(f"{card} ol", "^check firewall rules for TCP port 53 from here to 10.0.0.53\n"
                   "ask by hand: dig @10.0.0.53 -p 53 [+]tcp example.com SOA\n"
                   "rndc retransfer example.com$")
    assert page.text(f"{card} ul").split("\n") == [
        "tcp-connect: connection refused – agrees",
        "soa-udp: timed out after 3 s – contradicts", "key: found"]
    assert page.texts(f"{card} .against") == [" – contradicts"]
    assert re.search("Asked about example.com/IN with key xfr-key from 10.0.0.9 2 min ago, "
                     "7 times so far, again in 57 min", page.text(card))
    assert not page.js(CONTRAST)
    # It stays open while numbers change.
    page.channel.world.incidents[0]["evidence"][2]["result"] = "not found"
    page.refresh()
    assert page.text(f"{card} ul").endswith("key: not found")
    # An incident without a diagnosis has no empty places.
    plain = page.text(".incident[data-severity=alert]")
    assert "Evidence" not in plain and "Asked" not in plain and "Began" not in plain
    assert "2 zones lost so far" in plain
    fate = page.text(".incident[data-severity=notice]")
    assert "the primary is back, its zones are refreshed" in fate
    assert "clients had stale data for 45 s" in fate
    assert "soa-timeout · clients had stale data for 1 h 05 min" in page.text("#closed-rows")


def test_a_cascade_leads_to_its_other_incidents(shown):
    """By mouse or keyboard, on whatever page of the list they are."""
    world = incidents()
    for number in range(20, 32):
        world.incident(number, "crit", "connect-refused", f"10.0.1.{number}#53", 1)
    page = shown(world).open()
    card = ".incident[data-severity=crit]"
    assert "Began together with incident 4, incident 6" in page.text(card)
    assert page.js("return document.getElementById('incident-6')") is None
    page.js("document.querySelectorAll(arguments[0])[1].click()", f"{card} .what button")
    assert page.js("return document.activeElement.id") == "incident-6"
    assert page.js(FOCUS)["seen"]
    assert "Began together with incident 4, incident 1" in page.text(
        ".incident[data-severity=notice]")
    page.click(".incident[data-severity=notice] .what button")
    assert page.js("return document.activeElement.id") == "incident-4"
    for number in range(40, 52):
        world.incident(number, "notice", "connect-refused", f"10.0.2.{number}#53", 1, cascade=1)
    page.refresh()
    assert page.text(".incident[data-severity=alert]:has(#incident-4)").count("incident ") > 8
    assert " and 6 more" in page.text(".incident:has(#incident-4)")


def test_a_signature_is_named_where_it_is_the_deadline(shown):
    """And how far behind the zone is."""
    page = shown(incidents()).open()
    assert "when its signature expires" in page.text(".incident:has(#incident-4)")
    assert "signature" not in page.text(".incident:has(#incident-1) .tell")
    row = page.js("return [...document.querySelectorAll('#zones-rows tr')][4].innerText")
    assert "58 min" in row and "signature expires" in row and "2 behind" in row
    page.js("document.querySelectorAll('#zones-rows .zone')[4].click()")
    detail = page.text("#zones-rows tr.detail")
    for part in ("It is lost by its\nsignature", "Serials apart\n2 behind", "Behind since\n50 min"):
        assert part in detail, detail
    page.channel.world.zones[4].update({"deadline": iso(page.channel.world.now - 60),
                                        "serial-lag": -3})
    page.refresh()
    row = page.js("return [...document.querySelectorAll('#zones-rows tr')][4].innerText")
    assert "signature expired" in row and "3 ahead" in row


def test_offered_is_what_was_learnt_last(shown):
    """By the primary's answer or its NOTIFY; the lag is counted to it."""
    page = shown(incidents()).open()
    world = page.channel.world
    zone = world.zones[4]

    def offered(notified, age_s):
        zone.update({"serial-notified": notified,
                     "serial-notified-at": iso(world.now - age_s)})
        page.refresh()
        return page.js("return [...document.querySelectorAll('#zones-rows tr')][4].innerText")
    assert "2026112007" not in offered(2026112007, 4000)
    assert "2026112008" in offered(2026112008, 2000)
    assert "2026112009" in offered(2026112009, 3000)
    assert "2026112002" not in offered(2026112002, 3000)
    del zone["serial-offered"]
    assert "2026112002" in offered(2026112002, 3000)


def test_hostile_names_are_text(shown):
    """They are shown letter by letter, make no element, and run nothing."""
    page = shown(SCENES["hostile"]()).open()
    assert page.zones() == HOSTILE
    assert page.js("return document.querySelectorAll('img, script').length") == 1
    assert page.js("return document.querySelectorAll('[onerror], [onload], [onfocus]').length") == 0
    assert page.js("return document.querySelectorAll('main a[href]').length") == 0
    page.js("document.querySelectorAll('#zones-rows .zone').forEach((b) => b.click())")
    assert len(page.texts("#zones-rows tr.detail")) == len(HOSTILE)
    for name in HOSTILE[:2]:
        page.js("const q = document.getElementById('q'); q.value = arguments[0];"
                "q.dispatchEvent(new Event('input'))", name)
        wait_until(lambda n=name: page.zones() == [n], WAIT_S, name)
    assert page.driver.title.startswith("(11) xfrwatch")
    page.check_clean()


# Refresh.

def test_a_refresh_moves_nothing(shown):
    """Focus, selection, scroll, elements and layout stay while numbers change."""
    page = shown(incidents()).open()
    page.js("""
        window.shifts = [];
        new PerformanceObserver((l) => window.shifts.push(...l.getEntries().map((e) => [e.value,
            e.sources.map((s) => (s.node?.outerHTML || "").slice(0, 80))])))
            .observe({ type: "layout-shift", buffered: false });
        const rows = document.querySelectorAll("#zones-rows tr");
        window.kept = [...rows, ...document.querySelectorAll(".incident, #events-rows tr")];
        rows[6].querySelector("button").click();
        rows[8].querySelector("button").focus({ preventScroll: true });
        document.documentElement.scrollTop = rows[6].offsetTop + 300;
        const text = rows[10].querySelector("bdi").firstChild;
        getSelection().setBaseAndExtent(text, 2, text, 9);""")
    page.driver.execute_async_script("setTimeout(arguments[0], 600)")  # what a click moved
    before = page.js("window.shifts.length = 0; return [scrollY, getSelection().toString()]")
    world = incidents()
    world.now += 7200
    for zone in world.zones:
        zone["failures"] += 5
    world.causes["connect-refused"] += 12345
    world.causes["soa-timeout"] = 3
    world.primaries[0]["zones"] = 9999999
    world.incidents[0].update({"zones": 9999, "opened": iso(world.now - 400000)})
    world.ok = 9999999
    page.channel.world = world
    page.refresh()
    page.wait_text("#count-ok", "9,999,999")
    assert page.text(".incident[data-severity=crit] .tell").startswith("9,999 zones")
    assert page.js("return [scrollY, getSelection().toString()]") == before
    assert page.texts("#causes-rows tr:nth-child(2) td") == ["12", "3"]
    assert page.js("return [...document.querySelectorAll('#causes-rows .share > span')]"
                   ".slice(0, 2).map((s) => s.style.width)") == ["100%", "0%"]
    page.channel.world.causes["tsig-verify"] = 2 * world.causes["connect-refused"]
    page.refresh()
    assert page.js("return document.querySelector('#causes-rows .share > span').style.width"
                   ) == "50%"
    assert page.js("return document.activeElement === document.querySelectorAll("
                   "'#zones-rows .zone')[8]")
    assert page.js("return window.kept.every((e) => e.isConnected)")
    assert len(page.texts("#zones-rows tr.detail")) == 1
    page.driver.execute_async_script("setTimeout(arguments[0], 300)")
    assert page.js("return window.shifts") == []


def test_rows_that_move_keep_the_focus(shown):
    """Zones get better and worse; who stands on one stays on it, or at its list."""
    page = shown(incidents()).open()
    world = page.channel.world
    page.js("document.querySelectorAll('#zones-rows .zone')[3].focus()")
    world.zones.insert(0, world.zones.pop(3))
    world.zones.insert(9, world.zones.pop(1))
    world.zones[2:2] = [world.zones.pop(20), world.zones.pop(15)]
    page.refresh()
    assert page.zones() == [zone["name"] for zone in world.zones[:25]]
    assert page.js("return document.activeElement.textContent").endswith("bad-data.example.net")
    del world.zones[0]
    page.refresh()
    assert page.js("return document.activeElement.id") == "zones-head"


def test_new_events_stay_in_their_box(shown):
    """They come on top of it; what is below does not move, nor what is read in it."""
    page = shown(incidents()).open()
    place = ("const b = document.getElementById('closed').getBoundingClientRect();"
             "return b.top + scrollY")
    before = page.js(place)
    row = page.js("const box = document.getElementById('events-box'); box.scrollTop = 200;"
                  "window.row = document.querySelectorAll('#events-rows tr')[6];"
                  "return window.row.getBoundingClientRect().top")
    for number in range(5):
        page.channel.world.event(f"new{number}.example/IN", "zone transferred")
    page.refresh()
    assert page.text("#events-rows tr:first-child .c-zone").startswith("new4.example/IN")
    assert page.js("return document.querySelectorAll('#events-rows tr').length") == 20
    assert page.js(place) == before
    assert abs(page.js("return window.row.getBoundingClientRect().top") - row) < 2


def test_reads_every_five_seconds(shown):
    """By the true clock."""
    page = shown(healthy()).open()
    page.wait_text("#fresh-text", r"^Updated [23] s ago$")
    first, second = wait_until(lambda: [at for at, path in page.channel.heard
                                        if path.endswith("/status")][1:] and [
        at for at, path in page.channel.heard if path.endswith("/status")][:2], WAIT_S,
                               "the second reading")
    assert 4.5 < second - first < 7


def test_rests_when_hidden_or_paused(shown):
    """Nothing is asked then; all goes on afterwards."""
    page = shown(healthy()).open(fast=True)
    channel = page.channel

    def grows(by):
        before = len(channel.heard)
        wait_until(lambda: len(channel.heard) >= before + by, WAIT_S, "more requests")

    def rests():
        page.driver.execute_async_script("setTimeout(arguments[0], 2000)")  # 200 ms
        before = len(channel.heard)
        page.driver.execute_async_script(f"setTimeout(arguments[0], {FASTER * 1200})")
        assert len(channel.heard) == before

    grows(4)
    page.js("Object.defineProperty(document, 'hidden', { configurable: true, value: true });"
            "document.dispatchEvent(new Event('visibilitychange'))")
    rests()
    page.js("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    grows(4)
    page.click("#pause")
    assert page.text("#fresh-text").startswith("Paused")
    assert page.js("return document.getElementById('pause').ariaPressed") == "true"
    rests()
    page.click("#pause")
    grows(4)


FAULTS = {
    "busy": lambda path: (503, {"error": "busy"}),
    "forbidden": lambda path: (403, {"error": "not allowed"}),
    "garbage": lambda path: (200, b"<html>a portal</html>"),
    "strange": lambda path: (200, []),
    "zones-only": lambda path: (500, b"") if path.endswith("zones") else None,
    "silent": lambda path: "silent",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_answer_is_told(shown, fault):
    """In words, at once; what was known stays; it recovers by itself."""
    page = shown(incidents()).open(fast=True)
    before = page.zones()
    page.channel.fault = FAULTS[fault]
    page.wait_text("#verdict-line", r"^No answer from named for \d+ s$")
    assert page.text("#fresh-text").startswith("No answer for ")
    reason = {"busy": "HTTP status 503: busy", "forbidden": "HTTP status 403: not allowed",
              "garbage": "the answer is not JSON", "zones-only": "HTTP status 500",
              "silent": "no answer within 8 s"}
    assert reason.get(fault, "") in page.text("#verdict-more")
    whose = "down or restarting" if fault == "silent" else "What answers here is in trouble"
    assert whose in page.text("#verdict-more")
    assert re.search(r"What is below was so at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC",
                     page.text("#verdict-more"))
    assert page.driver.title.startswith("(?) ")
    assert "old" in page.text("#announce")
    assert page.zones() == before
    assert not page.js(CONTRAST)
    page.channel.fault = lambda path: None
    page.wait_text("#verdict-line", "^317 of")
    page.wait_text("#fresh-text", "^Updated")
    assert page.driver.title.startswith("(5) ")
    assert page.text("#announce") == "named answers again."


def test_named_restarts(shown):
    """The port is closed for a while; before it was ever open, too."""
    page = shown(healthy()).open(fast=True)
    port = page.channel.port
    page.channel.close()
    page.wait_text("#verdict-more", "the connection failed")
    again = FakeChannel(incidents(), port=port)
    page.channel.close = lambda: None
    try:
        page.wait_text("#verdict-line", "^317 of")
        again.fault = lambda path: (503, {}) if path else None
        page.open(fast=True, ready=False)
        page.wait_text("#verdict-more", "Nothing is known yet")
        assert page.js("return document.getElementById('content').hidden")
        again.fault = lambda path: None
        page.wait_text("#verdict-line", "^317 of")
    finally:
        page.driver.get("about:blank")
        again.close()


def test_changes_of_incidents_are_said(shown):
    """To who listens; a tick that changes nothing else is not."""
    page = shown(incidents()).open()
    world = page.channel.world
    page.js("""window.said = [];
        new MutationObserver(() => window.said.push(document.getElementById("announce").textContent))
            .observe(document.getElementById("announce"),
                { childList: true, subtree: true, characterData: true });""")
    world.incidents[0]["zones"] = 400
    world.ok += 1
    page.refresh()
    assert page.js("return window.said") == []
    world.incident(9, "err", "tls-failure", "10.0.0.99#853", 1)
    page.refresh()
    world.incidents[0]["severity"] = "alert"
    page.refresh()
    world.incidents[0]["state"] = "closed"
    page.refresh()
    page.refresh()
    assert page.js("return window.said") == [
        "Incident 9 opened, err: TLS with the primary failed at 10.0.0.99#853, 1 zone.",
        "Incident 1 is now alert: TCP connection refused by the primary at 10.0.0.53#53.",
        "Incident 1 closed: TCP connection refused by the primary at 10.0.0.53#53."]


# Search and pages.

def test_pages_of_many_zones(shown):
    """Forward, back, by the browser's own back, over a reload, and into a link."""
    page = shown(many()).open()
    assert page.text("#zones-pager .place") == "1–25 of 100,000"

    def at(first):
        wait_until(lambda: page.zones()[:1] == [f"zone{first:06d}.example"], WAIT_S, str(first))
        assert len(page.zones()) == 25

    page.click("#zones-pager .next")
    at(25)
    page.click("#zones-pager .next")
    at(50)
    assert page.text("#zones-pager .place") == "51–75 of 100,000"
    assert "page=3" in page.js("return location.hash")
    page.driver.back()
    at(25)
    page.driver.forward()
    at(50)
    page.driver.refresh()
    at(50)
    page.refresh()
    at(50)
    page.click("#zones-pager .prev")
    at(25)
    link = page.js("return location.hash")
    page.click("#zones-pager .first")
    at(0)
    assert page.js("return location.hash") == ""
    page.open(link)
    at(25)
    page.click("#zones-pager .prev")
    at(0)
    # The list is shorter by now than where it was read.
    page.open(link)
    page.channel.world = incidents()
    del page.channel.world.zones[20:]
    page.refresh()
    wait_until(lambda: page.zones()[:1] == ["lost.example"], WAIT_S, "the first page")


def test_a_refused_token_leads_to_the_first_page(shown):
    """A link into a list that has been forgotten since."""
    page = shown(incidents())
    answer = page.channel.answer

    def strict(handler):
        if "after=gone" in handler.path:
            page.channel.send(handler, 400, {"error": "wrong value"})
        else:
            answer(handler)

    page.channel.answer = strict
    page.open("#after=gone&page=7")
    wait_until(lambda: page.zones()[:1] == ["lost.example"], WAIT_S, "the first page")
    assert page.js("return location.hash") == ""


def test_search(shown):
    """By key, by part of a name, in all zones; kept in the address."""
    page = shown(many()).open()
    page.keys("/")
    assert page.js("return document.activeElement.id") == "q"
    page.keys("09999")
    wait_until(lambda: page.zones() == ["zone009999.example"] + [
        f"zone09999{n}.example" for n in range(10)], WAIT_S, "the zones")
    assert page.js("return [document.activeElement.id, location.hash]") == ["q", "#q=09999"]
    assert page.text("#zones-by") == "found not ok, nearest deadline first"
    page.driver.refresh()
    page.wait("return document.querySelectorAll('#zones-rows tr').length === 11")
    assert page.js("return document.getElementById('q').value") == "09999"
    page.channel.world = healthy()
    page.click("#q")
    page.js("const q = document.getElementById('q'); q.value = 'zone77.';"
            "q.dispatchEvent(new Event('input'))")
    page.wait_text("#zones-empty", "finds none")
    page.click("#search-all")
    wait_until(lambda: page.zones() == ["zone77.example"], WAIT_S, "a zone that is ok")
    assert "ok" in page.text("#zones-rows .c-state")
    page.refresh()
    # A letter that was typed just before another choice is not lost.
    page.js("""const q = document.getElementById("q"), cause = document.getElementById("cause");
        q.value = "zone7"; q.dispatchEvent(new Event("input"));
        cause.value = "protocol"; cause.dispatchEvent(new Event("change"));""")
    assert page.js("return location.hash") == "#q=zone7&cause=protocol&show=all"
    assert page.js("return document.getElementById('q').value") == "zone7"
    page.click("#clear")
    page.wait_text("#zones-empty", "Every zone is ok")
    assert page.js("return location.hash") == ""


def test_filters(shown):
    """From an incident, a cause or a primary to its zones, one click."""
    page = shown(incidents()).open()
    page.click(".incident[data-severity=alert] button.plain")
    wait_until(lambda: len(page.zones()) == 3, WAIT_S, "the zones of the incident")
    assert page.js("return document.activeElement.id") == "zones-head"
    assert page.js("return [document.getElementById('cause').value,"
                   "document.getElementById('primary').value]") == [
                       "refused-transfer", "10.0.0.54#53"]
    page.click("#causes-rows tr:nth-child(5) button")
    wait_until(lambda: page.zones() == ["bad-data.example.net"], WAIT_S, "the zones of the cause")
    page.click("#primaries-rows tr:nth-child(3) button")
    wait_until(lambda: page.zones() == ["signed.example", "1.0.10.in-addr.arpa"], WAIT_S,
               "the zones of the primary")
    page.js("const s = document.getElementById('show'); s.value = 'all';"
            "s.dispatchEvent(new Event('change'))")
    page.wait("return location.hash.includes('show=all')")
    asked = [path for _at, path in page.channel.heard if "/zones?" in path]
    assert "sort=" not in asked[-1] and "primary=2001%3Adb8" in asked[-1]


def test_behind_a_proxy(shown):
    """Below a path of somebody else's server."""
    page = shown(incidents(), prefix="/dns/ns2/xfrwatch/").open()
    page.click("#zones-pager .next")
    page.wait("return location.hash.includes('page=2')")
    assert page.js("return location.pathname") == "/dns/ns2/xfrwatch/"
    assert set(page.js("return [...document.querySelectorAll('footer a')].map((a) => "
                       "new URL(a.href).pathname)")) == {
                           f"/dns/ns2/xfrwatch/{rest}" for rest in (
                               "metrics", "json/v1/status", "json/v1/incidents",
                               "json/v1/zones", "json/v1/events")}
    page.check_clean()


# Keyboard.

def test_keyboard(shown):
    """Everything is reached in order, and it is always seen where one is."""
    from selenium.webdriver.common.keys import Keys  # pylint: disable=import-outside-toplevel
    world = incidents()
    del world.zones[6:]
    page = shown(world).open()
    page.keys(Keys.TAB)
    first = page.js(FOCUS)
    assert first["text"] == "Skip to the content" and first["seen"]
    page.keys(Keys.ENTER)
    assert page.js("return [document.activeElement.id, location.hash]") == ["main", ""]
    page.keys(Keys.TAB)
    assert page.js("return document.activeElement.closest('main') !== null")
    page.js("document.activeElement.blur(); getSelection().removeAllRanges();"
            "document.documentElement.scrollTop = 0")
    page.open()
    walk = []
    for _ in range(80):
        page.keys(Keys.TAB)
        at = page.js(FOCUS)
        if at["tag"] == "BODY" or (walk and at == walk[0]):
            break
        assert at["outline"] and at["seen"], at
        walk.append(at)
    order = page.js("return [...document.querySelectorAll('a, button, input, select, summary,"
                    "[tabindex=\"0\"]')].filter((e) => e.checkVisibility() && !e.disabled)"
                    ".map((e) => e.textContent.trim().slice(0, 40))")
    assert [at["text"] for at in walk] == order
    # Details of a zone, by keyboard alone.
    page.js("document.querySelector('#zones-rows .zone').focus()")
    page.keys(Keys.ENTER)
    assert page.js("return document.activeElement.ariaExpanded") == "true"
    detail = page.text("#zones-rows tr.detail")
    assert "10.0.0.54#53: failed, Primary refused the zone transfer (refused-transfer)" in detail
    assert "Next refresh" in detail and "604,800 s (7 d)" in detail
    page.keys(Keys.SPACE)
    assert not page.texts("#zones-rows tr.detail")
    # The way to a section leaves the search in the address alone.
    page.js("document.querySelector('nav a[href=\"#events\"]').focus()")
    page.keys(Keys.ENTER)
    assert page.js("return [document.activeElement.id, location.hash]") == ["events-head", ""]
    page.keys("/", "a/b")
    assert page.js("return document.getElementById('q').value") == "a/b"


# A real named.

def test_a_real_named(lab, plugin, browser):
    """A transfer that is refused is on the page, with what to do; so is its end."""
    assert plugin
    zones = ("a.example", "b.example", "<img src=x>.example")
    primary = lab.scripted(*(
        ScriptedZone(zone, zone_text(OLD, retry=1, refresh=3600)) for zone in zones))
    channel = Channel(lab)
    secondary = lab.secondary(parameters=channel.parameter,
                              options="min-retry-time 1; max-retry-time 2;")
    secondary.config = "".join(
        f'zone "{zone}" {{ type secondary; file "{number}.db"; request-ixfr no; primaries '
        f"{{ 127.0.0.1 port {primary.port}; }}; }};\n" for number, zone in enumerate(zones))
    secondary.start()
    for zone in zones:
        secondary.wait_serial(zone, OLD)
    status, fields, body = channel.request("/")
    assert status == 200 and body == embed("html")
    assert fields["content-type"] == "text/html; charset=utf-8"
    assert fields["content-security-policy"] == embed("policy").decode().strip()
    assert fields["referrer-policy"] == "no-referrer"
    page = Page(browser, channel.url)
    try:
        page.open(fast=True)
        page.wait_text("#verdict-line", "^All 3 zones are ok$")
        assert page.text("#events-rows")
        primary.mode = "transfer-refused"
        for zone in primary.zones.values():
            zone.serial = NEW
        for zone in zones:
            send_notify(zone, secondary.address, secondary.port,
                        soa=primary.zones[dns.name.from_text(zone)].soa())
        page.wait_text("#verdict-line", "^All 3 zones fail to refresh$")
        card = page.text(".incident")
        assert f"Primary refused the zone transfer at 127.0.0.1#{primary.port}" in card
        assert "allow-transfer" in card and "3 zones" in card
        page.wait_text(".incident", r"Evidence \(\d")
        assert "soa-udp" in page.js("return document.querySelector('.incident ul').textContent")
        assert sorted(page.zones()) == [r"<img\032src=x>.example", "a.example", "b.example"]
        page.click(".incident .tell button")
        page.wait("return location.hash.includes('cause=refused-transfer')")
        page.wait("return document.getElementById('zones-table').ariaBusy !== 'true'")
        assert len(page.zones()) == 3
        page.js("const q = document.getElementById('q'); q.value = '<IMG';"
                "q.dispatchEvent(new Event('input'))")
        wait_until(lambda: page.zones() == [r"<img\032src=x>.example"], WAIT_S, "the search")
        page.click("#zones-rows .zone")
        assert str(OLD) in page.text("#zones-rows tr.detail")
        assert not page.js(COMPLAINTS)
        page.check_clean()
        primary.mode = "good"
        page.wait_text("#verdict-line", "^All 3 zones are ok$")
        page.wait_text("#closed-rows", "refused the zone transfer")
        assert secondary.stop() == 0
        page.wait_text("#verdict-line", "^No answer from named")
    finally:
        page.close()
