/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The incidents: open ones with what to do, and those that were closed last.
 */

/* The places in a card that are written anew at each refresh. */
function incidentParts() {
	return {
		mark: severityMark(),
		title: h("span"), primary: h("bdi", { class: "mono" }), action: h("span"),
		why: h("p", { class: "why" }), plan: fold(), proof: fold(),
		steps: h("ol"), findings: h("ul"), asked: h("p"),
		kind: h("span", { class: "mono" }), sure: h("span"), since: h("time"),
		fate: h("span"), cascade: h("p", { class: "small" }), sisters: h("span"),
		zones: h("b"), peak: h("span", { class: "mute" }), lost: h("p"),
		before: h("span"), until: h("time"), nearest: h("bdi", { class: "break mute" }),
		by: h("p", { class: "mute" }),
	};
}

/* What opens at a touch. */
function fold() {
	const summary = h("summary");
	const node = h("details", null, summary);
	node.tell = (yes, text) => {
		show(node, yes);
		setText(summary, text);
	};
	return node;
}

function incidentCard(first) {
	const parts = incidentParts();
	const button = h("button", { type: "button", class: "plain" }, "Show them");
	const head = h("h3", { id: `incident-${first.id}`, tabindex: -1 }, parts.title,
		h("span", { class: "at" }, " at ", parts.primary));
	const card = h("article", { class: "incident card", "aria-labelledby": head.id },
		h("div", { class: "mark" }, parts.mark,
			h("p", { class: "id" }, `incident ${first.id}`)),
		h("div", { class: "what" }, head, parts.why,
			h("p", { class: "do" }, h("b", null, "What to do: "), parts.action),
			parts.plan, parts.proof,
			h("p", { class: "small" }, parts.kind, parts.sure,
				h("span", null, " · failing for "), parts.since, parts.fate),
			parts.cascade),
		h("div", { class: "tell" },
			h("p", { class: "many" }, h("span", null, parts.zones, parts.peak), button),
			parts.lost, h("p", null, parts.before, h("b", null, parts.until)),
			parts.nearest, parts.by));
	const item = h("li", null, card);
	parts.plan.append(parts.steps);
	parts.proof.append(parts.findings, parts.asked);
	parts.cascade.append("Began together with ", parts.sisters);
	button.setAttribute("aria-label", `Show the zones of incident ${first.id}`);
	button.addEventListener("click", () =>
		showZonesOf({ cause: first.cause ?? "", primary: first.primary ?? "" }));
	item.update = (incident) => {
		first = incident;	/* its cause may be better known by now */
		setAttribute(card, "data-severity", incident.severity);
		fillIncident(parts, incident);
		fillPlan(parts, incident.steps ?? []);
		fillEvidence(parts, incident);
		fillCascade(parts, incident);
		fillNearest(parts, incident);
	};
	return item;
}

function fillIncident(parts, incident) {
	const start = millis(incident.opened);
	const family = incident.family === undefined ? "" : ` (${incident.family})`;
	const heard = incident.heard === undefined ? "" : `, heard as ${incident.heard}`;
	const sure = incident.confidence === undefined ? "" : ` · ${incident.confidence} % sure`;
	const peak = incident["zones-peak"];
	const stale = incident["stale-for"];
	parts.mark.tell(incident.severity);
	setText(parts.title, causeLine(incident.cause));
	setText(parts.primary, primaryName(incident.primary));
	setText(parts.why, sentence(incident.verdict ?? ""));
	show(parts.why, incident.verdict !== undefined);
	setText(parts.action, incident.action ?? "look at named's log");
	setText(parts.kind, incident.cause ?? "");
	setText(parts.sure, family + heard + sure);
	setTime(parts.since, start, Number.isNaN(start) ? "an unknown time" : span(now() - start));
	setText(parts.fate, [
		incident.recovering ? " · the primary is back, its zones are refreshed" : "",
		stale > 0 ? ` · clients had stale data for ${span(stale * 1000)}` : "",
	].join(""));
	setText(parts.zones, plural(incident.zones, "zone"));
	setText(parts.peak, peak > incident.zones ? ` of ${count(peak)}` : "");
}

/* A list of texts: those that stay are not touched. */
function fillList(list, items, make) {
	sync(list, items.map((entry, index) => ({ entry, index })), (e) => e.index, make);
}

function fillPlan(parts, steps) {
	parts.plan.tell(steps.length > 1, `All ${steps.length} steps`);
	fillList(parts.steps, steps, () => {
		const line = h("li");
		line.update = ({ entry }) => setText(line, entry);	/* may be a command */
		return line;
	});
}

/* What was tried to make sure of the cause, and whether it speaks for it. */
function fillEvidence(parts, incident) {
	const evidence = incident.evidence ?? [];
	const against = evidence.filter((entry) => entry.stance === "contradicts").length;
	parts.proof.tell(evidence.length > 0, `Evidence (${evidence.length}`
		+ `${against > 0 ? `, ${against} against it` : ""})`);
	fillList(parts.findings, evidence, () => {
		const check = h("span", { class: "mono" });
		const result = h("span");
		const stance = h("span");
		const line = h("li", null, check, result, stance);
		line.update = ({ entry }) => {
			const speaks = entry.stance ?? "";
			setText(check, entry.check ?? "");
			setText(result, `: ${entry.result ?? ""}`);
			setText(stance, speaks === "" ? "" : ` – ${speaks}`);
			setAttribute(stance, "class", speaks === "contradicts" ? "against" : "mute");
		};
		return line;
	});
	const at = millis(incident["diagnosed-at"]);
	const next = millis(incident["next-diagnosis"]);
	const part = (text, value) => (value === undefined ? "" : `${text}${value}`);
	setText(parts.asked, Number.isNaN(at) ? "" : "Asked"
		+ part(" about ", incident["checked-zone"]) + part(" with key ", incident.key)
		+ part(" from ", incident.source) + ` ${span(now() - at)} ago`
		+ (incident.diagnoses > 1 ? `, ${plural(incident.diagnoses, "time")} so far` : "")
		+ (next > now() ? `, again in ${span(next - now())}` : ""));
}

/* The others that began with it, each a way to its card. */
function fillCascade(parts, incident) {
	const sisters = incident.cascade === undefined ? [] : openIncidents().filter((other) =>
		other.cascade === incident.cascade && other.id !== incident.id);
	const shown = sisters.slice(0, ROWS.sisters).map(({ id }) => ({ id, then: ", " }));
	const rest = sisters.length - shown.length;
	show(parts.cascade, sisters.length > 0);
	if (shown.length > 0) shown.at(-1).then = rest > 0 ? ` and ${count(rest)} more` : "";
	sync(parts.sisters, shown, (other) => other.id, ({ id }) => {
		const button = h("button", { type: "button", class: "plain" }, `incident ${id}`);
		const then = h("span");
		const node = h("span", null, button, then);
		button.addEventListener("click", () => jumpToIncident(id));
		node.update = (other) => setText(then, other.then);
		return node;
	});
}

function jumpToIncident(id) {
	const at = openIncidents().findIndex((i) => i.id === id);
	if (at < 0) return;
	pages.incidents = Math.floor(at / ROWS.incidents);
	renderIncidents();
	jump($(`incident-${id}`));
}

/* When clients lose the first of its zones, or the next. */
function fillNearest(parts, incident) {
	const end = millis(incident.deadline);
	const lost = incident.expired ?? 0;
	const which = lost > 0 ? "Next" : "First";
	show(parts.lost, lost > 0);
	setText(parts.lost, `${plural(lost, "zone")} lost so far`);
	if (Number.isNaN(end)) {
		setText(parts.before, "No deadline known");
		setTime(parts.until, NaN, "");
	} else if (end > now()) {
		setText(parts.before, `${which} zone lost in `);
		setTime(parts.until, end, span(end - now()));
	} else {
		setText(parts.before, "First zone lost ");
		setAgo(parts.until, end);
	}
	setText(parts.nearest, incident["deadline-zone"] ?? "");
	show(parts.by, incident["deadline-by"] === "signature");
	setText(parts.by, "when its signature expires");
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
			const stale = i["stale-for"];
			setText(kind, `${incident.id} · ${i.cause ?? ""}${stale === undefined ? ""
				: ` · clients had stale data for ${span(stale * 1000)}`}`);
			setText(primary, primaryName(i.primary));
			setText(zones, i["zones-peak"] === undefined ? "–" : count(i["zones-peak"]));
			setText(lasted, i.opened === undefined || i.closed === undefined ? "–"
				: span(millis(i.closed) - millis(i.opened)));
			setAgo(closedAt, millis(i.closed));
		};
		return row;
	});
}
