/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The verdict and the numbers below it, the title, and how fresh all of it is.
 */

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
	const known = (n) => (n === undefined ? undefined : count(n));
	setFacts($("facts"), [
		["xfrwatch", status["xfrwatch-version"]],
		["BIND", status["bind-version"]],
		["Built for BIND", status["bind-built-for"]],
		["Mode", status.mode],
		["Started", moment(status["boot-time"])],
		["Configured", moment(status["config-time"])],
		["Attempts", known(attempts.total)],
		["Of these, transferred", known(attempts.transferred)],
		["Up to date", known(attempts["up-to-date"])],
		["Failed", known(attempts.failed)],
		["Events recorded", known(recorder.recorded)],
		["Events lost", known(recorder.lost)],
		["Messages not understood", known(recorder.unclassified)],
	]);
}

/* ---- the mode -------------------------------------------------------------------- */

const reduced = () => data.status.mode === "reduced";

function renderMode() {
	const built = data.status["bind-built-for"] ?? "another version";
	const runs = data.status["bind-version"] ?? "a version that is not known";
	show($("mode"), reduced());
	setText($("mode"), !reduced() ? "" : `Reduced mode: xfrwatch was built for BIND ${built}, `
		+ `but this is BIND ${runs}. Failures and their causes are shown, deadlines as far as `
		+ "named's answers tell them. To have all of it again, rebuild xfrwatch against the "
		+ "installed bind9-dev and restart named; named itself is not affected.");
}

/* ---- the verdict ----------------------------------------------------------------- */

const NO_ZONES = "xfrwatch watches the secondary, mirror and stub zones of this server. It "
	+ "learns them from named's configuration soon after named has started, and those of "
	+ "catalog zones as they come. If this server has none, there is nothing to do.";
const NO_ZONES_REDUCED = "In reduced mode xfrwatch knows a secondary, mirror or stub zone only "
	+ "when named has logged a first line about it: a transfer, a NOTIFY or a failure.";

/* "3 of 9 zones have expired", or how many are what. */
function countBad(zones, bad, unhealthy, total) {
	const one = unhealthy === 1;
	const which = unhealthy < total ? `${count(unhealthy)} of ${count(total)} zones`
		: one ? "The zone" : `All ${count(total)} zones`;
	const alone = {
		failing: one ? "fails to refresh" : "fail to refresh",
		expired: one ? "has expired" : "have expired",
		"never-loaded": one ? "was never loaded" : "were never loaded",
	};
	if (bad.length === 1) return `${which} ${alone[bad[0]]}`;
	const each = bad.map((state) => `${count(zones[state])} ${words(state)}`);
	return `${which} need attention: ${each.reverse().join(", ")}`;
}

function verdictOf() {
	const zones = data.status.zones;
	const bad = STATES.slice(1).filter((state) => zones[state] > 0);
	const unhealthy = bad.reduce((sum, state) => sum + zones[state], 0);
	const total = zones.ok + unhealthy;
	const open = openIncidents();
	const opens = Math.max(open.length, data.status.incidents?.open ?? 0);
	const ok = total === 1 ? "The zone is ok" : `All ${count(total)} zones are ok`;
	if (total === 0 && opens === 0) {
		return { severity: "unknown", line: "No zones to watch yet", more: reduced() ? NO_ZONES_REDUCED : NO_ZONES };
	}
	if (unhealthy === 0 && opens === 0) {
		return { severity: "ok", line: ok,
			more: reduced() ? "No incident is open. Zones of which named has logged nothing "
				+ "yet are not known in reduced mode."
				: "No incident is open, and no zone is about to expire." };
	}
	const told = data.status.severity;
	const severity = rank(told) > 0 ? told : open[0]?.severity ?? "unknown";
	const nearest = nearestDeadline();
	const more = [`${sentence(severity)}: ${plural(opens, "incident")} open.`];
	if (zones.expired > 0) more.push("Clients get SERVFAIL for expired zones.");
	if (nearest !== null) {
		more.push(`Next to be lost: ${nearest.name} in ${span(nearest.at - now())}.`);
	}
	return { severity, more: more.join(" "), open: opens, line: unhealthy > 0
		? countBad(zones, bad, unhealthy, total)
		: `${ok}, but not every primary answers as it should` };
}

/* What is said while nothing is known, or what is known gets old. */
function verdictWithout() {
	if (life.failed === null) {
		return { severity: "unknown", line: "Reading the state…", more: "" };
	}
	const why = life.answered ? "What answers here is in trouble"
		: "It may be down or restarting, or the way to it is broken";
	const left = life.heard === null ? "Nothing is known yet."
		: `What is below was so at ${stamp(now() - (local() - life.heard))}.`;
	return { severity: "crit", glyph: "unknown",
		line: `No answer from named for ${span(local() - (life.heard ?? life.failed))}`,
		more: `${why}: ${life.reason}. ${left} This page tries again every 5 seconds.` };
}

function renderVerdict() {
	const verdict = data.status === null || life.failed !== null ? verdictWithout() : verdictOf();
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
	renderMode();
	renderTiles();
	renderIncidents();
	renderZones();
	renderCauses();
	renderPrimaries();
	renderEvents();
	renderClosed();
	renderFacts();
}
