/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Fills the page from the JSON API, every five seconds while it is looked at. Runs in
 * the browser of a person on call.
 *
 * What comes from the server is text, never markup: it gets into the document through
 * textContent and attributes that hold no code. Elements are kept and only what has
 * changed is written, so that focus, selection and scroll stay where they are.
 */
"use strict";
(() => {
const CAUSES = {
/* @CAUSES@ */
};
const REFRESH_MS = 5000;
const TIMEOUT_MS = 8000;
const TYPING_MS = 250;
/* Rows in the document: about a hundred, however many zones there are. */
const ROWS = { zones: 25, incidents: 10, causes: 10, primaries: 10, events: 20, closed: 8 };
const PRIMARIES_TO_CHOOSE = 200;
const SEVERITIES = ["none", "info", "notice", "warning", "err", "crit", "alert"];
const GLYPHS = new Set(["alert", "crit", "err", "warning", "notice", "ok", "unknown"]);
const STATES = ["ok", "failing", "expired", "never-loaded"];
/* What the list of zones may be asked for: parameter `state`, and how it is headed. */
const SHOWN = {
	unhealthy: { states: STATES.slice(1), head: "not ok, nearest deadline first" },
	failing: { states: ["failing"], head: "failing, nearest deadline first" },
	expired: { states: ["expired"], head: "expired" },
	"never-loaded": { states: ["never-loaded"], head: "never loaded" },
	all: { states: STATES, head: "in all, in no order" },
};
const SVG = "http://www.w3.org/2000/svg";
const $ = (id) => document.getElementById(id);

/* ---- text ------------------------------------------------------------------------ */

const count = (n) => Number(n).toLocaleString("en-US");
const plural = (n, one, many) => `${count(n)} ${n === 1 ? one : many ?? one + "s"}`;
const words = (name) => String(name).replaceAll("-", " ");
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const rank = (severity) => SEVERITIES.indexOf(severity);
const millis = (iso) => (iso === undefined ? NaN : Date.parse(iso));
const two = (n) => String(n).padStart(2, "0");

function span(ms) {
	const s = Math.max(0, Math.floor(ms / 1000));
	const min = Math.floor(s / 60);
	const hours = Math.floor(min / 60);
	const days = Math.floor(hours / 24);
	if (s < 120) return `${s} s`;
	if (min < 60) return `${min} min`;
	if (hours < 48) return `${hours} h ${two(min % 60)} min`;
	if (days < 100) return `${days} d` + (hours % 24 > 0 ? ` ${two(hours % 24)} h` : "");
	return `${count(days)} d`;
}

function stamp(ms) {
	return new Date(ms).toISOString().slice(0, 19).replace("T", " ") + " UTC";
}

const clock = (ms) => new Date(ms).toISOString().slice(11, 19);

function causeLine(name) {
	return name === undefined ? "Cause not known"
		: sentence(Object.hasOwn(CAUSES, name) ? CAUSES[name] : name);
}

/* "10.0.0.53#53"; "-" stands for none named. */
const primaryName = (address) =>
	(address === undefined || address === "-" ? "no primary named" : address);

/* ---- elements -------------------------------------------------------------------- */

function h(tag, attributes, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes ?? {})) {
		node.setAttribute(name, value);
	}
	node.append(...children);
	return node;
}

function setText(node, text) {
	const only = node.firstChild;
	text = String(text);
	if (only !== null && only === node.lastChild && only.nodeType === Node.TEXT_NODE) {
		if (only.data !== text) only.data = text;
	} else if (only !== null || text !== "") {
		node.textContent = text;
	}
}

function setAttribute(node, name, value) {
	if (value === undefined) {
		node.removeAttribute(name);
	} else if (node.getAttribute(name) !== String(value)) {
		node.setAttribute(name, value);
	}
}

/* Of markup and of SVG, which has no property for it. */
const show = (node, yes) => node.toggleAttribute("hidden", !yes);

/* A moment: `text` to read, the absolute time to hover and for machines. */
function setTime(node, ms, text) {
	setAttribute(node, "datetime", Number.isNaN(ms) ? undefined : new Date(ms).toISOString());
	setAttribute(node, "title", Number.isNaN(ms) ? undefined : stamp(ms));
	setText(node, text);
}

function setAgo(node, ms) {
	setTime(node, ms, Number.isNaN(ms) ? "not known" : `${span(now() - ms)} ago`);
}

function glyph() {
	const svg = document.createElementNS(SVG, "svg");
	svg.setAttribute("class", "glyph");
	svg.setAttribute("aria-hidden", "true");
	svg.setAttribute("focusable", "false");
	svg.append(document.createElementNS(SVG, "use"));
	return svg;
}

function setGlyph(svg, severity) {
	const name = severity === "info" ? "notice" : severity === "none" ? "ok" : severity;
	setAttribute(svg.firstElementChild, "href", `#sev-${GLYPHS.has(name) ? name : "unknown"}`);
}

/* A severity is a shape and a word, and only then a colour. */
function severityMark() {
	const node = h("span", { class: "sev" }, glyph(), h("span"));
	node.tell = (severity, text) => {
		setAttribute(node, "data-severity", severity);
		setGlyph(node.firstElementChild, severity);
		setText(node.lastElementChild, text ?? severity);
	};
	return node;
}

/*
 * Makes the children of `parent` those of `items`, in that order: a child whose key is
 * still there stays, and is moved only if it must be. make(item) returns an element
 * that has a function update(item).
 */
function sync(parent, items, keyOf, make) {
	const old = parent.children_by_key ?? new Map();
	const fresh = new Map();
	const active = parent.contains(document.activeElement) ? document.activeElement : null;
	for (const item of items) {
		const key = keyOf(item);
		if (!fresh.has(key)) fresh.set(key, item);
	}
	for (const [key, child] of old) {
		if (!fresh.has(key)) child.remove();
	}
	let at = parent.firstElementChild;
	for (const [key, item] of fresh) {
		let child = old.get(key);
		if (child === undefined) child = make(item);
		if (at !== null && at !== child && at.nextElementSibling === child) {
			parent.append(at);	/* it comes later, or goes there now */
			at = child;
		}
		if (at === child) {
			at = at.nextElementSibling;
		} else {
			parent.insertBefore(child, at);
		}
		child.update(item);
		fresh.set(key, child);
	}
	parent.children_by_key = fresh;
	if (active !== null && active !== document.activeElement) {
		/* Moved, or gone with its row. */
		const back = parent.contains(active) ? active
			: parent.closest("section, footer")?.querySelector("h2");
		back?.focus({ preventScroll: true });
	}
}

/* Names and values; a value is text, or [ms, text] for a moment. */
function setFacts(list, pairs) {
	sync(list, pairs.filter((pair) => pair[1] !== undefined), (pair) => pair[0], ([name]) => {
		const value = h("dd");
		const node = h("div", null, h("dt", null, name), value);
		const time = h("time");
		node.update = ([, to]) => {
			if (Array.isArray(to)) {
				if (time.parentNode !== value) value.replaceChildren(time);
				setTime(time, to[0], to[1]);
			} else {
				setText(value, to);
			}
			node.className = name === "Primaries" ? "all" : "";
		};
		return node;
	});
}

/* ---- what is known --------------------------------------------------------------- */

const data = { status: null, incidents: [], zones: null, events: [] };
const clocks = { server: 0, local: 0 };	/* when the server last told the time */
const life = {
	heard: null,	 /* local ms of the last whole refresh */
	failed: null,	 /* local ms of the first failure since */
	reason: "",
	paused: false,
};
const view = { q: "", show: "unhealthy", cause: "", primary: "", after: "", page: 1, before: [] };
const pages = { incidents: 0, causes: 0, primaries: 0 };
const opened = new Set();	/* zones whose details are shown */

const local = () => performance.now();
const now = () => clocks.server + (local() - clocks.local);

class Trouble extends Error {
	constructor(message, status) {
		super(message);
		this.status = status;
	}
}

/* An answer, in which `list` is a list. */
async function get(path, list) {
	const abort = new AbortController();
	const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
	try {
		const answer = await fetch(path, { signal: abort.signal, cache: "no-store" });
		let body = null;
		try {
			body = await answer.json();
		} catch (error) {
			if (error.name === "AbortError") throw error;
		}
		if (!answer.ok) {
			const why = body !== null && typeof body.error === "string" ? `: ${body.error}` : "";
			throw new Trouble(`HTTP status ${answer.status}${why}`, answer.status);
		}
		if (body === null || typeof body !== "object") {
			throw new Trouble("the answer is not JSON");
		}
		if (list !== undefined && !Array.isArray(body[list])) {
			throw new Trouble("the answer is not one of xfrwatch");
		}
		const at = millis(body["current-time"]);
		if (!Number.isNaN(at)) {
			clocks.server = at;
			clocks.local = local();
		}
		return body;
	} catch (error) {
		if (error instanceof Trouble) throw error;
		throw new Trouble(error.name === "AbortError"
			? `no answer within ${TIMEOUT_MS / 1000} s` : "the connection failed");
	} finally {
		clearTimeout(timer);
	}
}

/* ---- the zones that are asked for ------------------------------------------------ */

const filtered = () => view.q !== "" || view.cause !== "" || view.primary !== "";

function zonesPath() {
	const query = new URLSearchParams();
	if (view.show !== "all") {
		query.set("state", view.show);
		query.set("sort", "deadline");
	}
	query.set("limit", ROWS.zones);
	if (view.q !== "") query.set("name", `*${view.q}*`);
	if (view.cause !== "") query.set("cause", view.cause);
	if (view.primary !== "") query.set("primary", view.primary);
	if (view.after !== "") query.set("after", view.after);
	return `json/v1/zones?${query}`;
}

let asked = 0;
let typing = null;	/* timer, while somebody does */

function stopTyping() {
	clearTimeout(typing);
	typing = null;
}

/* Returns what went wrong with the connection, or null. */
async function loadZones() {
	const mine = ++asked;
	const table = $("zones-table");
	let answer = null;
	let trouble = null;
	try {
		answer = await get(zonesPath(), "zones");
	} catch (error) {
		trouble = error;
	}
	if (mine !== asked) return null;	/* something else is asked for by now */
	table.removeAttribute("aria-busy");
	if (trouble !== null) {
		/* What the server refuses is about the question: the page goes on. */
		if (trouble.status !== 400) return trouble;
		if (view.after !== "") {
			goTo({ after: "", page: 1, before: [] }, true);
			return null;
		}
		data.zones = null;
		setText($("zones-error"), `The server does not take this search: ${trouble.message}`);
		show($("zones-error"), true);
		renderZones();
		return null;
	}
	show($("zones-error"), false);
	data.zones = { zones: answer.zones, next: answer.next };
	if (data.zones.zones.length === 0 && view.after !== "") {
		goTo({ after: "", page: 1, before: [] }, true);
		return null;
	}
	if (data.status !== null) renderZones();
	return null;
}

function readHash() {
	const query = new URLSearchParams(location.hash.slice(1));
	const page = Number(query.get("page"));
	view.q = query.get("q") ?? "";
	view.show = Object.hasOwn(SHOWN, query.get("show")) ? query.get("show") : "unhealthy";
	view.cause = query.get("cause") ?? "";
	view.primary = query.get("primary") ?? "";
	view.after = query.get("after") ?? "";
	view.page = view.after !== "" && Number.isInteger(page) && page > 1 ? page : 1;
	view.before = Array.isArray(history.state?.before) ? history.state.before : [];
	showFilters();
}

function writeHash(replace) {
	const query = new URLSearchParams();
	for (const name of ["q", "cause", "primary", "after"]) {
		if (view[name] !== "") query.set(name, view[name]);
	}
	if (view.show !== "unhealthy") query.set("show", view.show);
	if (view.page > 1) query.set("page", view.page);
	const hash = query.toString();
	const url = location.pathname + location.search + (hash === "" ? "" : `#${hash}`);
	const state = { before: view.before };
	if (replace) history.replaceState(state, "", url);
	else history.pushState(state, "", url);
}

function showFilters() {
	if (typing === null && $("q").value.trim() !== view.q) $("q").value = view.q;
	$("show").value = view.show;
	for (const name of ["cause", "primary"]) {
		const select = $(name);
		if (view[name] !== "" && ![...select.options].some((o) => o.value === view[name])) {
			select.append(h("option", { value: view[name] }, view[name]));
		}
		select.value = view[name];
	}
	$("clear").disabled = !filtered() && view.show === "unhealthy";
}

function goTo(change, replace) {
	Object.assign(view, change);
	writeHash(replace);
	showFilters();
	$("zones-table").setAttribute("aria-busy", "true");
	loadZones().then((trouble) => {
		if (trouble !== null) heardNothing(trouble);
	});
}

/* A new search begins at its first page. What was typed a moment ago is in it. */
function search(change, replace) {
	stopTyping();
	goTo({ after: "", page: 1, before: [], q: $("q").value.trim(), ...change }, replace);
}

function showZonesOf(change) {
	if (change.primary === "-") change.primary = "";	/* none was named */
	search({ q: "", show: "unhealthy", cause: "", primary: "", ...change });
	jump($("zones"));
}

/* ---- rendering ------------------------------------------------------------------- */

function pager(name, total) {
	const box = $(`${name}-pager`);
	const last = Math.max(0, Math.ceil(total / ROWS[name]) - 1);
	pages[name] = Math.min(pages[name], last);
	const from = pages[name] * ROWS[name];
	const to = Math.min(total, from + ROWS[name]);
	show(box, total > ROWS[name]);
	setText(box.querySelector(".place"), `${count(from + 1)}–${count(to)} of ${count(total)}`);
	box.querySelector(".prev").disabled = pages[name] === 0;
	box.querySelector(".next").disabled = pages[name] === last;
	return [from, to];
}

/* The time left, as a bar with words; `share` of the expire time if that is known. */
function leftBar() {
	const fill = h("div", { class: "fill" });
	const time = h("time");
	const lead = h("b", null, time);
	const share = h("span", { class: "mute" });
	const node = h("div", { class: "left" }, h("div", { class: "track", "aria-hidden": "true" }, fill),
		h("div", { class: "words" }, lead, share));
	node.update = (zone) => {
		const deadline = millis(zone.deadline);
		const since = millis(zone.since);
		const left = deadline - now();
		const expire = zone.expire * 1000;
		let kind = "some";
		let more = "";
		if (zone.state === "never-loaded") {
			kind = "none";
			setTime(time, since, "no data");
			more = Number.isNaN(since) ? "" : `for ${span(now() - since)}`;
		} else if (zone.state === "expired" || left <= 0) {
			kind = "none";
			setTime(time, left <= 0 ? deadline : since, "expired");
			const at = left <= 0 ? deadline : since;
			more = Number.isNaN(at) ? "" : `${span(now() - at)} ago`;
		} else if (Number.isNaN(deadline)) {
			kind = "unknown";
			setTime(time, NaN, "not known");
		} else {
			const part = expire > 0 ? Math.min(1, left / expire) : NaN;
			setTime(time, deadline, span(left));
			if (Number.isNaN(part)) {
				kind = "unknown";
			} else {
				const percent = part * 100;
				fill.style.width = `${percent.toFixed(1)}%`;
				more = `${percent < 1 ? "<1" : Math.floor(percent)} % of ${span(expire)}`;
			}
		}
		setAttribute(node, "data-left", kind);
		setText(share, more);
	};
	return node;
}

const severityOf = (zone) => (zone.state === "ok" ? "ok" : zone.severity ?? "unknown");
const zoneKey = (zone) => `${zone.name}/${zone.class}/${zone.view}`;

function cell(tag, label, attributes, ...children) {
	const role = tag === "th" ? { scope: "row", role: "rowheader" } : { role: "cell" };
	return h(tag, { ...role, ...(label === "" ? {} : { "data-label": label }), ...attributes },
		...children);
}

function tableRow(...cells) {
	return h("tr", { role: "row" }, ...cells);
}

function zoneRow(first) {
	const name = h("bdi");
	const button = h("button", { type: "button", class: "plain zone break", "aria-expanded": "false" },
		h("span", { class: "open-mark", "aria-hidden": "true" }, "›"), name);
	const where = h("span", { class: "two" });
	const left = leftBar();
	const mark = severityMark();
	const loud = h("span", { class: "two" });
	const cause = h("span");
	const primary = h("bdi", { class: "two mono" });
	const serving = h("span");
	const offered = h("span");
	const last = h("time");
	const row = tableRow(
		cell("th", "", { class: "c-zone" }, button, where),
		cell("td", "", { class: "c-left" }, left),
		cell("td", "", { class: "c-state" }, mark, loud),
		cell("td", "", { class: "c-cause" }, cause, primary),
		cell("td", "Serving", { class: "num c-serial" }, serving),
		cell("td", "Offered", { class: "num c-serial" }, offered),
		cell("td", "Last success", { class: "num c-last" }, last));
	const key = zoneKey(first);
	button.addEventListener("click", () => {
		if (!opened.delete(key)) opened.add(key);
		renderZones();
	});
	row.update = (zone) => {
		const severity = severityOf(zone);
		const failing = (zone.primaries ?? []).filter((p) => p.outcome === "failed");
		const culprit = failing.find((p) => p.cause === zone.cause) ?? failing[0];
		const others = failing.length > 1 ? ` and ${failing.length - 1} more` : "";
		const ahead = zone["serial-offered"] !== undefined && zone.serial !== undefined
			? (zone["serial-offered"] - zone.serial) >>> 0 : 0;
		setAttribute(row, "data-severity", severity);
		setText(name, zone.name);
		setText(where, [
			zone.class !== "IN" ? zone.class : "",
			zone.view !== undefined && zone.view !== "_default" ? `view ${zone.view}` : "",
			zone.type !== undefined && zone.type !== "secondary" ? zone.type : "",
		].filter((text) => text !== "").join(", "));
		left.update(zone);
		mark.tell(severity, words(zone.state));
		setText(loud, zone.state === "ok" ? "" : zone.severity ?? "");
		setText(cause, zone.cause ?? "");
		setAttribute(cause, "title", zone.cause === undefined ? undefined : causeLine(zone.cause));
		setText(primary, culprit === undefined ? "" : primaryName(culprit.address) + others);
		setText(serving, zone.serial ?? "–");
		setText(offered, zone["serial-offered"] ?? "–");
		setAttribute(offered, "class", ahead > 0 && ahead < 0x80000000 ? "behind" : "");
		setAgo(last, millis(zone["last-success"]));
		if (Number.isNaN(millis(zone["last-success"]))) setText(last, "–");
		setAttribute(button, "aria-expanded", opened.has(key));
	};
	return row;
}

/* What else is known of a zone, in a row of its own below it. */
function zoneDetail() {
	const list = h("dl", { class: "facts" });
	const row = tableRow(h("td", { role: "cell", colspan: 7 }, list));
	row.className = "detail";
	const moment = (iso) => (iso === undefined ? undefined
		: [millis(iso), millis(iso) > now() ? `in ${span(millis(iso) - now())}, ${stamp(millis(iso))}`
			: `${span(now() - millis(iso))} ago, ${stamp(millis(iso))}`]);
	const seconds = (s) => (s === undefined ? undefined : `${count(s)} s (${span(s * 1000)})`);
	row.update = ({ detail: zone }) => {
		setFacts(list, [
			["Clients lose it", moment(zone.deadline)],
			["Expires", moment(zone.expires)],
			["Signature expires", moment(zone["signature-expires"])],
			[`${sentence(words(zone.state))} since`, moment(zone.since)],
			["Failures in a row", zone.failures === undefined ? undefined : count(zone.failures)],
			["Cause", zone.cause === undefined ? undefined : `${causeLine(zone.cause)} (${zone.cause})`],
			["Incident", zone.incident],
			["Last attempt", moment(zone["last-attempt"])],
			["Last success", moment(zone["last-success"])],
			["Last transfer", moment(zone["last-transfer"])],
			["Next refresh", moment(zone["next-refresh"])],
			["Serial served", zone.serial],
			["Serial offered", zone["serial-offered"] === undefined ? undefined
				: zone["serial-offered"] + (zone["serial-offered-at"] === undefined ? ""
					: `, ${span(now() - millis(zone["serial-offered-at"]))} ago`)],
			["Serial notified", zone["serial-notified"]],
			["Refresh", seconds(zone.refresh)],
			["Retry", seconds(zone.retry)],
			["Expire", seconds(zone.expire)],
			["Primaries", (zone.primaries ?? []).map((p) => `${primaryName(p.address)}: ${p.outcome ?? "?"}`
				+ (p.cause === undefined ? "" : `, ${causeLine(p.cause)} (${p.cause})`)
				+ (p.failures ? `, ${plural(p.failures, "time")} in a row` : "")
				+ (p.last === undefined ? "" : `, ${span(now() - millis(p.last))} ago`)).join("; ")
				|| undefined],
		]);
	};
	return row;
}

function renderZones() {
	const { zones, next } = data.zones ?? { zones: [], next: undefined };
	const items = zones.flatMap((zone) => (opened.has(zoneKey(zone)) ? [zone, { detail: zone }] : [zone]));
	const counts = data.status.zones;
	const unhealthy = counts.failing + counts.expired + counts["never-loaded"];
	const wanted = SHOWN[view.show];
	const total = wanted.states.reduce((sum, state) => sum + counts[state], 0);
	sync($("zones-rows"), items, (item) => (item.detail ? `${zoneKey(item.detail)} ` : zoneKey(item)),
		(item) => (item.detail ? zoneDetail() : zoneRow(item)));
	setText($("zones-caption"), `${filtered() ? "Zones found" : "Zones"} ${wanted.head}`);
	setText($("zones-by"), `${filtered() ? "found" : count(total)} ${wanted.head}`);
	const some = zones.length > 0;
	show($("zones-table"), some);
	show($("zones-empty"), !some && $("zones-error").hidden);
	let why = "Every zone is ok.";
	if (filtered()) {
		why = view.show === "all" ? "No zone is found by this search."
			: "This search finds none of the zones that are not ok.";
	} else if (unhealthy + counts.ok === 0) {
		why = "There are no zones yet.";
	} else if (unhealthy > 0) {
		why = `No zone is ${words(view.show)}.`;
	}
	setText($("zones-empty-text"), why);
	show($("search-all"), !some && filtered() && view.show !== "all");
	const box = $("zones-pager");
	const from = (view.page - 1) * ROWS.zones;
	show(box, view.page > 1 || next !== undefined);
	setText(box.querySelector(".place"), some ? `${count(from + 1)}–${count(from + zones.length)}`
		+ (filtered() ? "" : ` of ${count(total)}`) : "");
	box.querySelector(".first").disabled = view.page === 1;
	box.querySelector(".prev").disabled = view.page === 1;
	box.querySelector(".next").disabled = next === undefined;
}

function incidentCard(first) {
	const mark = severityMark();
	const title = h("span");
	const primary = h("bdi", { class: "mono" });
	const todo = h("span");
	const kind = h("span", { class: "mono" });
	const sure = h("span");
	const since = h("time");
	const proof = h("ol");
	const summary = h("summary");
	const details = h("details", null, summary, proof);
	const zones = h("span");
	const peak = h("span", { class: "mute" });
	const until = h("time");
	const before = h("span");
	const deadline = h("p", null, before, h("b", null, until));
	const nearest = h("bdi", { class: "break mute" });
	const button = h("button", { type: "button", class: "plain" }, "Show them");
	const head = h("h3", { id: `incident-${first.id}` }, title, h("span", { class: "at" }, " at ", primary));
	const card = h("article", { class: "incident card", "aria-labelledby": head.id },
		h("div", { class: "mark" }, mark, h("p", { class: "id" }, `incident ${first.id}`)),
		h("div", { class: "what" }, head,
			h("p", { class: "do" }, h("b", null, "What to do: "), todo),
			h("p", { class: "small" }, kind, sure, h("span", null, " · failing for "), since),
			details),
		h("div", { class: "tell" }, h("p", { class: "many" }, h("span", null, h("b", null, zones), peak), button), deadline, nearest));
	button.setAttribute("aria-label", `Show the zones of incident ${first.id}`);
	button.addEventListener("click", () => showZonesOf({ cause: first.cause ?? "", primary: first.primary ?? "" }));
	const item = h("li", null, card);
	item.update = (incident) => {
		const end = millis(incident.deadline);
		const start = millis(incident.opened);
		const evidence = incident.evidence ?? [];
		const more = incident["zones-peak"] > incident.zones;
		setAttribute(card, "data-severity", incident.severity);
		mark.tell(incident.severity);
		setText(title, causeLine(incident.cause));
		setText(primary, primaryName(incident.primary));
		setText(todo, sentence(incident.action ?? "look at named's log"));
		setText(kind, incident.cause ?? "");
		setText(sure, (incident.family === undefined ? "" : ` (${incident.family})`)
			+ (incident.confidence === undefined ? "" : ` · ${incident.confidence} % sure`));
		setTime(since, start, Number.isNaN(start) ? "an unknown time" : span(now() - start));
		show(details, evidence.length > 0);
		setText(summary, `Evidence (${evidence.length})`);
		sync(proof, evidence.map((entry, index) => ({ entry, index })), (e) => e.index, () => {
			const line = h("li");
			line.update = ({ entry }) => setText(line, `${entry.check ?? ""}: ${entry.result ?? ""}`
				+ (entry.at === undefined ? "" : `, ${stamp(millis(entry.at))}`));
			return line;
		});
		setText(zones, plural(incident.zones, "zone"));
		setText(peak, more ? ` of ${count(incident["zones-peak"])}` : "");
		setText(before, Number.isNaN(end) ? "No deadline known"
			: end > now() ? "First zone lost in " : "First zone lost ");
		setTime(until, end, Number.isNaN(end) ? "" : end > now() ? span(end - now())
			: `${span(now() - end)} ago`);
		setText(nearest, incident["deadline-zone"] ?? "");
	};
	return item;
}

function bySeverity(a, b) {
	const nearer = (i) => { const t = millis(i.deadline); return Number.isNaN(t) ? Infinity : t; };
	return rank(b.severity) - rank(a.severity) || nearer(a) - nearer(b) || a.id - b.id;
}

const openIncidents = () => data.incidents.filter((i) => i.state === "open").sort(bySeverity);

function renderIncidents() {
	const open = openIncidents();
	const total = Math.max(open.length, data.status.incidents?.open ?? 0);
	const [from, to] = pager("incidents", open.length);
	show($("incidents-empty"), open.length === 0);
	setText($("incidents-count"), total > 0 ? count(total) : "");
	sync($("incidents-list"), open.slice(from, to), (i) => i.id, incidentCard);
	const sums = SEVERITIES.map((severity) => ({
		severity, n: open.filter((i) => i.severity === severity).length,
	})).filter((s) => s.n > 0).reverse();
	sync($("incidents-by"), sums, (s) => s.severity, (s) => {
		const mark = severityMark();
		mark.update = ({ n }) => mark.tell(s.severity, `${count(n)} ${s.severity}`);
		return mark;
	});
}

function renderClosed() {
	const closed = data.incidents.filter((i) => i.state !== "open").slice(0, ROWS.closed);
	show($("closed-empty"), closed.length === 0);
	show($("closed-table"), closed.length > 0);
	sync($("closed-rows"), closed, (i) => i.id, (incident) => {
		const title = h("span");
		const kind = h("span", { class: "two" });
		const primary = h("bdi", { class: "mono" });
		const zones = cell("td", "Zones", { class: "num" });
		const lasted = cell("td", "Lasted", { class: "num" });
		const closedAt = h("time");
		const row = tableRow(cell("th", "", null, title, kind), cell("td", "", null, primary), zones, lasted,
			cell("td", "Closed", { class: "num" }, closedAt));
		row.update = (i) => {
			setText(title, causeLine(i.cause));
			setText(kind, `${incident.id} · ${i.cause ?? ""}`);
			setText(primary, primaryName(i.primary));
			setText(zones, i["zones-peak"] === undefined ? "–" : count(i["zones-peak"]));
			setText(lasted, i.opened === undefined || i.closed === undefined ? "–"
				: span(millis(i.closed) - millis(i.opened)));
			setAgo(closedAt, millis(i.closed));
		};
		return row;
	});
}

function renderCauses() {
	const nowBy = new Map();
	for (const i of openIncidents()) nowBy.set(i.cause, (nowBy.get(i.cause) ?? 0) + i.zones);
	const rows = Object.entries(data.status.causes ?? {})
		.map(([name, attempts]) => ({ name, attempts, zones: nowBy.get(name) ?? 0 }))
		.filter((c) => c.attempts > 0 || c.zones > 0)
		.sort((a, b) => b.zones - a.zones || b.attempts - a.attempts);
	const most = rows.reduce((max, c) => Math.max(max, c.attempts), 1);
	const [from, to] = pager("causes", rows.length);
	show($("causes-empty"), rows.length === 0);
	show($("causes-table"), rows.length > 0);
	setText($("causes-by"), rows.length > 0 ? "failed attempts since xfrwatch started" : "");
	sync($("causes-rows"), rows.slice(from, to), (c) => c.name, (first) => {
		const button = h("button", { type: "button", class: "plain" }, causeLine(first.name));
		const bar = h("span");
		const zones = cell("td", "Zones now", { class: "num" });
		const attempts = cell("td", "Attempts", { class: "num" });
		const row = tableRow(cell("th", "", null, button, h("span", { class: "two mono" }, first.name),
			h("span", { class: "share", "aria-hidden": "true" }, bar)), zones, attempts);
		button.title = "Show the zones that fail for it";
		button.addEventListener("click", () => showZonesOf({ cause: first.name }));
		row.update = (c) => {
			setText(zones, count(c.zones));
			setText(attempts, count(c.attempts));
			bar.style.width = `${(c.attempts / most * 100).toFixed(1)}%`;
		};
		return row;
	});
}

function renderPrimaries() {
	const all = [...(data.status.primaries ?? [])]
		.sort((a, b) => b.failing - a.failing || b.zones - a.zones || (a.address < b.address ? -1 : 1));
	const bad = all.filter((p) => p.failing > 0);
	const [from, to] = pager("primaries", all.length);
	show($("primaries-empty"), all.length === 0);
	show($("primaries-table"), all.length > 0);
	setText($("primaries-by"), all.length === 0 ? ""
		: bad.length === 0 ? `${plural(all.length, "primary", "primaries")}, none fails`
			: `${count(bad.length)} of ${count(all.length)} fail for a zone or more`);
	sync($("primaries-rows"), all.slice(from, to), (p) => p.address, (first) => {
		const button = h("button", { type: "button", class: "plain mono break" },
			h("bdi", null, primaryName(first.address)));
		const why = h("span", { class: "two" });
		const mark = severityMark();
		const zones = cell("td", "Zones", { class: "num" });
		const last = h("time");
		const row = tableRow(cell("th", "", null, button, why),
			cell("td", "Failing", { class: "num" }, mark), zones,
			cell("td", "Last success", { class: "num" }, last));
		button.title = "Show the zones that fail at it";
		button.addEventListener("click", () => showZonesOf({ primary: first.address }));
		row.update = (p) => {
			const causes = Object.entries(p.causes ?? {}).filter((c) => c[1] > 0).sort((a, b) => b[1] - a[1]);
			const worst = data.incidents.filter((i) => i.state === "open" && i.primary === p.address)
				.sort(bySeverity)[0];
			setText(why, p.failing === 0 || causes.length === 0 ? "" : causes.slice(0, 2).map((c) => c[0]).join(", ")
				+ (causes.length > 2 ? ` and ${plural(causes.length - 2, "more cause")}` : ""));
			mark.tell(p.failing === 0 ? "ok" : worst?.severity ?? "unknown", count(p.failing));
			setText(zones, count(p.zones));
			setAgo(last, millis(p["last-success"]));
			if (p["last-success"] === undefined) setText(last, "–");
		};
		return row;
	});
	choosePrimaries(bad.length > 0 ? bad : all);
}

/* The choices stay as they are while somebody chooses. */
function choosePrimaries(primaries) {
	const select = $("primary");
	if (document.activeElement === select) return;
	const names = primaries.map((p) => p.address).filter((name) => name !== "-")
		.slice(0, PRIMARIES_TO_CHOOSE).sort();
	if (view.primary !== "" && !names.includes(view.primary)) names.push(view.primary);
	const old = [...select.options].slice(1).map((o) => o.value);
	if (old.length !== names.length || old.some((name, i) => name !== names[i])) {
		while (select.options.length > 1) select.remove(1);
		select.append(...names.map((name) => h("option", { value: name }, name)));
		select.value = view.primary;
	}
}

function renderEvents() {
	const rows = [...data.events].sort((a, b) => b.seq - a.seq).slice(0, ROWS.events);
	const recorder = data.status.recorder ?? {};
	const box = $("events-box");
	show($("events-empty"), rows.length === 0);
	show(box, rows.length > 0);
	setText($("events-by"), recorder.recorded === undefined ? ""
		: `newest first; ${plural(recorder.recorded, "event")} recorded, `
			+ (recorder.lost > 0 ? `${count(recorder.lost)} lost` : "none lost"));
	/* Who reads further down stays at the line that is read. */
	const top = box.scrollTop;
	const height = box.scrollHeight;
	sync($("events-rows"), rows, (e) => e.seq, (event) => {
		const at = millis(event.time);
		const time = h("time");
		const ago = h("span", { class: "two" });
		const cause = event.cause === undefined ? "" : ` · ${event.cause}`;
		const zone = event.zone === undefined ? "" : event.zone;
		const row = tableRow(cell("td", "", { class: "c-when" }, time, ago),
			cell("td", "", { class: "c-zone" }, h("bdi", null, zone),
				h("bdi", { class: "two mono" }, event.primary ?? "")),
			cell("td", "", null, h("span", null, event.text ?? words(event.kind ?? "")),
				h("span", { class: "two" }, [event.phase, event.kind].filter(Boolean).map(words).join(" · ") + cause)));
		setTime(time, at, Number.isNaN(at) ? "–" : clock(at));
		row.update = () => setText(ago, Number.isNaN(at) ? "" : `${span(now() - at)} ago`);
		return row;
	});
	if (top > 0 && box.scrollTop === top) box.scrollTop = top + box.scrollHeight - height;
}

/* The next zone that clients lose, as far as the answers tell. */
function nearestDeadline() {
	let nearest = null;
	const take = (name, iso) => {
		const at = millis(iso);
		if (at > now() && (nearest === null || at < nearest.at)) nearest = { name, at };
	};
	for (const i of openIncidents()) take(i["deadline-zone"] ?? "", i.deadline);
	for (const zone of data.zones?.zones ?? []) {
		if (zone.state === "failing") take(zone.name, zone.deadline);
	}
	return nearest;
}

function renderTiles() {
	const colours = { ok: "ok", failing: "warning", expired: "alert", "never-loaded": "alert" };
	for (const state of STATES) {
		const node = $(`count-${state}`);
		const n = data.status.zones[state] ?? 0;
		if (node.mark === undefined) {
			node.mark = severityMark();
			node.replaceChildren(node.mark);
		}
		node.mark.tell(n > 0 ? colours[state] : "none", count(n));
		show(node.mark.firstElementChild, n > 0);
		setAttribute(node.mark.lastElementChild, "class", n > 0 ? "" : "zero");
	}
	const node = $("next-deadline");
	if (node.time === undefined) {
		node.time = h("time");
		node.zone = h("small", { class: "break" });
		node.replaceChildren(node.time, node.zone);
	}
	const nearest = nearestDeadline();
	setTime(node.time, nearest?.at ?? NaN, nearest === null ? "none" : span(nearest.at - now()));
	setAttribute(node.time, "class", nearest === null ? "zero" : "");
	setText(node.zone, nearest?.name ?? "no zone is about to be lost");
}

function renderFacts() {
	const { attempts = {}, recorder = {}, ...status } = data.status;
	const moment = (iso) => (iso === undefined ? undefined
		: [millis(iso), `${stamp(millis(iso))}, ${span(now() - millis(iso))} ago`]);
	setFacts($("facts"), [
		["xfrwatch", status["xfrwatch-version"]],
		["BIND", status["bind-version"]],
		["Started", moment(status["boot-time"])],
		["Configured", moment(status["config-time"])],
		["Attempts", attempts.total === undefined ? undefined : count(attempts.total)],
		["Of these", attempts.total === undefined ? undefined
			: `${count(attempts.transferred)} transferred, ${count(attempts["up-to-date"])} up to date, `
				+ `${count(attempts.failed)} failed`],
		["Events recorded", recorder.recorded === undefined ? undefined : count(recorder.recorded)],
		["Events lost", recorder.lost === undefined ? undefined : count(recorder.lost)],
		["Messages not understood", recorder.unclassified === undefined ? undefined
			: count(recorder.unclassified)],
	]);
}

/* ---- the verdict ----------------------------------------------------------------- */

function verdictOf() {
	const zones = data.status.zones;
	const bad = STATES.slice(1).filter((state) => zones[state] > 0);
	const unhealthy = bad.reduce((sum, state) => sum + zones[state], 0);
	const total = zones.ok + unhealthy;
	const open = openIncidents();
	const opens = Math.max(open.length, data.status.incidents?.open ?? 0);
	if (total === 0 && opens === 0) {
		return { severity: "unknown", line: "No zones to watch yet",
			more: "xfrwatch watches the secondary, mirror and stub zones of this server. It learns them from "
				+ "named's configuration soon after named has started, and those of catalog zones as they come. "
				+ "If this server has none, there is nothing to do." };
	}
	if (unhealthy === 0 && opens === 0) {
		return { severity: "ok", line: total === 1 ? "The zone is ok" : `All ${count(total)} zones are ok`,
			more: "No incident is open, and no zone is about to expire." };
	}
	const told = data.status.severity;
	const severity = rank(told) > 0 ? told : open[0]?.severity ?? "unknown";
	const nearest = nearestDeadline();
	const one = unhealthy === 1;
	const alone = { failing: one ? "fails to refresh" : "fail to refresh", expired: one ? "has expired"
		: "have expired", "never-loaded": one ? "was never loaded" : "were never loaded" };
	const some = unhealthy === total ? (one ? "The zone" : `All ${count(total)} zones`)
		: `${count(unhealthy)} of ${count(total)} zones`;
	const line = unhealthy === 0 ? `${total === 1 ? "The zone is" : `All ${count(total)} zones are`} ok, `
			+ "but not every primary answers as it should"
		: bad.length === 1 ? `${some} ${alone[bad[0]]}`
			: `${some} need attention: `
				+ bad.map((state) => `${count(zones[state])} ${words(state)}`).reverse().join(", ");
	const more = [`${sentence(severity)}: ${plural(opens, "incident")} open.`];
	if (zones.expired > 0) more.push("Clients get SERVFAIL for expired zones.");
	if (nearest !== null) more.push(`Next to be lost: ${nearest.name} in ${span(nearest.at - now())}.`);
	return { severity, line, more: more.join(" "), open: opens };
}

function renderVerdict() {
	let verdict;
	if (data.status === null || life.failed !== null) {
		const since = life.heard ?? life.failed;
		const known = life.heard === null ? "Nothing is known yet." :
			`What is below was so at ${stamp(now() - (local() - life.heard))}.`;
		verdict = life.failed === null
			? { severity: "unknown", line: "Reading the state…", more: "" }
			: { severity: "crit", glyph: "unknown", line: `No answer from named for ${span(local() - since)}`,
				more: `It may be down or restarting, or the way to it is broken: ${life.reason}. ${known} `
					+ "This page tries again every 5 seconds." };
	} else {
		verdict = verdictOf();
	}
	setAttribute($("verdict"), "data-severity", verdict.severity);
	setGlyph($("verdict-glyph"), verdict.glyph ?? verdict.severity);
	setText($("verdict-line"), verdict.line);
	setText($("verdict-more"), verdict.more);
	const mark = life.failed !== null ? "?" : verdict.open ? count(verdict.open) : "";
	const title = `${mark === "" ? "" : `(${mark}) `}xfrwatch – ${location.host}`;
	if (document.title !== title) document.title = title;
	renderIcon(life.failed !== null ? "unknown" : verdict.severity);
}

function renderIcon(severity) {
	const shapes = {
		alert: "M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z",
		crit: "M8 .9 15.6 14.6H.4z",
		err: "M8 .4 15.6 8 8 15.6.4 8z",
		warning: "M8 .9 15.6 14.6H.4z",
	};
	const colours = { alert: "c2185b", crit: "d32f2f", err: "e06c10", warning: "d19a00",
		notice: "2f7de0", info: "2f7de0", ok: "2e9e63" };
	const path = shapes[severity] ?? "M8 .6a7.4 7.4 0 1 1 0 14.8A7.4 7.4 0 0 1 8 .6z";
	const href = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
		+ `%3Cpath d='${path}' fill='%23${colours[severity] ?? "768390"}'/%3E%3C/svg%3E`;
	if ($("icon").getAttribute("href") !== href) $("icon").setAttribute("href", href);
}

function renderFresh() {
	const node = $("fresh");
	const text = $("fresh-text");
	if (life.failed !== null) {
		setAttribute(node, "data-state", "stale");
		setText(text, `No answer for ${span(local() - (life.heard ?? life.failed))}`);
	} else if (life.paused) {
		setAttribute(node, "data-state", "paused");
		setText(text, life.heard === null ? "Paused"
			: `Paused ${span(local() - life.heard)} ago`);
	} else if (life.heard === null) {
		setAttribute(node, "data-state", "wait");
		setText(text, "Reading…");
	} else {
		setAttribute(node, "data-state", "live");
		setText(text, `Updated ${span(local() - life.heard)} ago`);
	}
	if (life.failed !== null) renderVerdict();
}

function render() {
	renderVerdict();
	renderFresh();
	if (data.status === null) return;
	show($("content"), true);
	renderTiles();
	renderIncidents();
	renderZones();
	renderCauses();
	renderPrimaries();
	renderEvents();
	renderClosed();
	renderFacts();
}

/* ---- what is said to who does not look ------------------------------------------- */

let known = null;

/* Changes of the open incidents, and of nothing else that a tick brings. */
function announceIncidents() {
	const open = new Map(openIncidents().map((i) => [i.id, i]));
	const said = [];
	if (known !== null) {
		const tell = (list, one, many) => {
			if (list.length > 0 && list.length <= 3) said.push(...list.map(one));
			else if (list.length > 3) said.push(many(list.length));
		};
		const name = (i) => `${causeLine(i.cause)} at ${primaryName(i.primary)}`;
		tell([...open.values()].filter((i) => !known.has(i.id)),
			(i) => `Incident ${i.id} opened, ${i.severity}: ${name(i)}, ${plural(i.zones, "zone")}.`,
			(n) => `${count(n)} incidents opened.`);
		tell([...open.values()].filter((i) => rank(i.severity) > rank(known.get(i.id)?.severity ?? i.severity)),
			(i) => `Incident ${i.id} is now ${i.severity}: ${name(i)}.`,
			(n) => `${count(n)} incidents became more severe.`);
		tell([...known.values()].filter((i) => !open.has(i.id)),
			(i) => `Incident ${i.id} closed: ${name(i)}.`, (n) => `${count(n)} incidents closed.`);
	}
	known = open;
	if (said.length > 0) announce(said.join(" "));
}

function announce(text) {
	setText($("announce"), text);
}

/* ---- the refresh ----------------------------------------------------------------- */

let timer = null;
let running = false;

function heardNothing(trouble) {
	if (life.failed === null) {
		life.failed = local();
		announce("No answer from named. What is shown is old.");
	}
	life.reason = trouble.message;
	renderVerdict();
	renderFresh();
}

async function refresh() {
	clearTimeout(timer);
	if (running) return;
	running = true;
	try {
		const [status, incidents, events, zones] = await Promise.all([
			get("json/v1/status", "primaries"), get("json/v1/incidents", "incidents"),
			get(`json/v1/events?limit=${ROWS.events}`, "events"), loadZones(),
		]);
		if (zones !== null) throw zones;
		const back = life.failed !== null && life.heard !== null;
		data.status = { ...status, zones: { ok: 0, failing: 0, expired: 0, "never-loaded": 0, ...status.zones } };
		data.incidents = incidents.incidents;
		data.events = events.events;
		life.heard = local();
		life.failed = null;
		if (back) announce("named answers again.");
		announceIncidents();
		render();
	} catch (error) {
		heardNothing(error instanceof Trouble ? error : new Trouble(`the page failed: ${error.message}`));
	} finally {
		running = false;
		schedule();
	}
}

function schedule() {
	clearTimeout(timer);
	if (!life.paused && !document.hidden) timer = setTimeout(refresh, REFRESH_MS);
}

/* ---- hands on the keyboard ------------------------------------------------------- */

function jump(target) {
	const head = target.matches("section") ? target.querySelector("h2") : target;
	target.scrollIntoView();
	head.focus({ preventScroll: true });
}

function listen() {
	document.addEventListener("visibilitychange", () => {
		if (document.hidden) clearTimeout(timer);
		else if (!life.paused) refresh();
	});
	document.addEventListener("click", (event) => {
		const link = event.target.closest("a[href^='#']");
		if (link === null) return;
		event.preventDefault();	/* the hash holds the search */
		jump($(link.getAttribute("href").slice(1)));
	});
	document.addEventListener("keydown", (event) => {
		const typed = /^(input|select|textarea)$/i.test(document.activeElement?.tagName ?? "");
		if (event.key === "/" && !typed && !event.ctrlKey && !event.metaKey && !event.altKey) {
			if ($("content").hidden) return;
			event.preventDefault();
			$("q").focus();
			$("q").select();
		}
	});
	$("q").addEventListener("input", () => {
		clearTimeout(typing);
		typing = setTimeout(() => search({}, true), TYPING_MS);
	});
	for (const name of ["show", "cause", "primary"]) {
		$(name).addEventListener("change", () => search({ [name]: $(name).value }));
	}
	$("clear").addEventListener("click", () => {
		search({ q: "", cause: "", primary: "", show: "unhealthy" });
		$("q").focus();
	});
	$("search-all").addEventListener("click", () => {
		search({ show: "all", cause: "", primary: "" });
		$("q").focus();
	});
	$("pause").addEventListener("click", () => {
		life.paused = !life.paused;
		setAttribute($("pause"), "aria-pressed", life.paused);
		renderFresh();
		if (life.paused) clearTimeout(timer);
		else refresh();
	});
	for (const name of Object.keys(pages)) {
		for (const [button, step] of [[".prev", -1], [".next", 1]]) {
			$(`${name}-pager`).querySelector(button).addEventListener("click", () => {
				pages[name] = Math.max(0, pages[name] + step);
				render();
			});
		}
	}
	const zones = $("zones-pager");
	zones.querySelector(".first").addEventListener("click", () => search({}));
	zones.querySelector(".prev").addEventListener("click", () => {
		const before = [...view.before];
		const after = before.pop();
		if (after === undefined) search({});
		else goTo({ after, page: view.page - 1, before });
	});
	zones.querySelector(".next").addEventListener("click", () => {
		if (data.zones?.next === undefined) return;
		goTo({ after: String(data.zones.next), page: view.page + 1, before: [...view.before, view.after] });
	});
	for (const name of ["popstate", "hashchange"]) {
		window.addEventListener(name, () => {
			stopTyping();
			readHash();
			loadZones().then((trouble) => {
				if (trouble !== null) heardNothing(trouble);
			});
		});
	}
	setInterval(renderFresh, 1000);
}

setText($("host"), location.host);
$("cause").append(...Object.entries(CAUSES).map(([name]) => h("option", { value: name }, name)));
readHash();
listen();
refresh();
})();
