/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Causes, primaries and the last events.
 */

function renderCauses() {
	const nowBy = new Map();
	for (const i of openIncidents()) nowBy.set(i.cause, (nowBy.get(i.cause) ?? 0) + i.zones);
	const rows = Object.entries(data.status.causes ?? {})
		.map(([name, attempts]) => ({ name, attempts, zones: nowBy.get(name) ?? 0 }))
		.filter((c) => c.attempts > 0 || c.zones > 0)
		.sort((a, b) => b.zones - a.zones || b.attempts - a.attempts);
	const most = rows.reduce((max, c) => Math.max(max, c.attempts), 1);
	for (const c of rows) c.share = c.attempts / most;
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
			bar.style.width = `${(c.share * 100).toFixed(1)}%`;
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
			const causes = Object.entries(p.causes ?? {}).filter((c) => c[1] > 0)
				.sort((a, b) => b[1] - a[1]).map((c) => c[0]);
			const more = causes.length > 2 ? ` and ${plural(causes.length - 2, "more cause")}` : "";
			const worst = openIncidents().find((i) => i.primary === p.address);
			setText(why, p.failing > 0 ? causes.slice(0, 2).join(", ") + more : "");
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
	const read = box.scrollTop > 0 ? [...$("events-rows").children].find((row) =>
		row.getBoundingClientRect().bottom > box.getBoundingClientRect().top) : undefined;
	const place = read?.getBoundingClientRect().top;
	sync($("events-rows"), rows, (e) => e.seq, (event) => {
		const at = millis(event.time);
		const time = h("time");
		const ago = h("span", { class: "two" });
		const about = [event.phase, event.kind].filter((name) => name !== undefined).map(words);
		if (event.cause !== undefined) about.push(event.cause);
		const zone = event.zone === undefined ? "" : event.zone;
		const row = tableRow(cell("td", "", { class: "c-when" }, time, ago),
			cell("td", "", { class: "c-zone" }, h("bdi", null, zone),
				h("bdi", { class: "two mono" }, event.primary ?? "")),
			cell("td", "", null, h("span", null, event.text ?? words(event.kind ?? "")),
				h("span", { class: "two" }, about.join(" · "))));
		setTime(time, at, Number.isNaN(at) ? "–" : clock(at));
		row.update = () => setText(ago, Number.isNaN(at) ? "" : `${span(now() - at)} ago`);
		return row;
	});
	if (read?.isConnected) box.scrollTop += read.getBoundingClientRect().top - place;
}
