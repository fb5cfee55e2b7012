/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The incidents: open ones with what to do, and those that were closed last.
 */

/* The places in a card that are written anew at each refresh. */
function incidentParts() {
	return {
		mark: severityMark(),
		title: h("span"), primary: h("bdi", { class: "mono" }), action: h("span"),
		kind: h("span", { class: "mono" }), sure: h("span"), since: h("time"),
		details: h("details"), summary: h("summary"), proof: h("ol"),
		zones: h("b"), peak: h("span", { class: "mute" }),
		before: h("span"), until: h("time"), nearest: h("bdi", { class: "break mute" }),
	};
}

function incidentCard(first) {
	const parts = incidentParts();
	const button = h("button", { type: "button", class: "plain" }, "Show them");
	const head = h("h3", { id: `incident-${first.id}` }, parts.title,
		h("span", { class: "at" }, " at ", parts.primary));
	const card = h("article", { class: "incident card", "aria-labelledby": head.id },
		h("div", { class: "mark" }, parts.mark,
			h("p", { class: "id" }, `incident ${first.id}`)),
		h("div", { class: "what" }, head,
			h("p", { class: "do" }, h("b", null, "What to do: "), parts.action),
			h("p", { class: "small" }, parts.kind, parts.sure,
				h("span", null, " · failing for "), parts.since),
			parts.details),
		h("div", { class: "tell" },
			h("p", { class: "many" }, h("span", null, parts.zones, parts.peak), button),
			h("p", null, parts.before, h("b", null, parts.until)),
			parts.nearest));
	const item = h("li", null, card);
	parts.details.append(parts.summary, parts.proof);
	button.setAttribute("aria-label", `Show the zones of incident ${first.id}`);
	button.addEventListener("click", () =>
		showZonesOf({ cause: first.cause ?? "", primary: first.primary ?? "" }));
	item.update = (incident) => {
		setAttribute(card, "data-severity", incident.severity);
		fillIncident(parts, incident);
		fillEvidence(parts, incident.evidence ?? []);
		fillNearest(parts, incident);
	};
	return item;
}

function fillIncident(parts, incident) {
	const start = millis(incident.opened);
	const family = incident.family === undefined ? "" : ` (${incident.family})`;
	const sure = incident.confidence === undefined ? "" : ` · ${incident.confidence} % sure`;
	const peak = incident["zones-peak"];
	parts.mark.tell(incident.severity);
	setText(parts.title, causeLine(incident.cause));
	setText(parts.primary, primaryName(incident.primary));
	setText(parts.action, sentence(incident.action ?? "look at named's log"));
	setText(parts.kind, incident.cause ?? "");
	setText(parts.sure, family + sure);
	setTime(parts.since, start, Number.isNaN(start) ? "an unknown time" : span(now() - start));
	setText(parts.zones, plural(incident.zones, "zone"));
	setText(parts.peak, peak > incident.zones ? ` of ${count(peak)}` : "");
}

/* What was tried to make sure of the cause. */
function fillEvidence(parts, evidence) {
	show(parts.details, evidence.length > 0);
	setText(parts.summary, `Evidence (${evidence.length})`);
	sync(parts.proof, evidence.map((entry, index) => ({ entry, index })), (e) => e.index, () => {
		const line = h("li");
		line.update = ({ entry }) => {
			const at = entry.at === undefined ? "" : `, ${stamp(millis(entry.at))}`;
			setText(line, `${entry.check ?? ""}: ${entry.result ?? ""}${at}`);
		};
		return line;
	});
}

/* When clients lose the first of its zones. */
function fillNearest(parts, incident) {
	const end = millis(incident.deadline);
	if (Number.isNaN(end)) {
		setText(parts.before, "No deadline known");
		setTime(parts.until, NaN, "");
	} else if (end > now()) {
		setText(parts.before, "First zone lost in ");
		setTime(parts.until, end, span(end - now()));
	} else {
		setText(parts.before, "First zone lost ");
		setAgo(parts.until, end);
	}
	setText(parts.nearest, incident["deadline-zone"] ?? "");
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
