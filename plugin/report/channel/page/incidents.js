/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The incidents: open ones with what to do, and those that were closed last.
 */

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
