/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The list of zones, each with a bar for the time left, and details below it.
 */

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
		const signature = zone["deadline-by"] === "signature";
		let kind = "some";
		let more = "";
		if (zone.state === "never-loaded") {
			kind = "none";
			setTime(time, since, "no data");
			more = Number.isNaN(since) ? "" : `for ${span(now() - since)}`;
		} else if (zone.state === "expired" || left <= 0) {
			kind = "none";
			setTime(time, left <= 0 ? deadline : since,
				signature ? "signature expired" : "expired");
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
			if (signature) more = "signature expires";
		}
		setAttribute(node, "data-left", kind);
		setText(share, more);
	};
	return node;
}

/* How far the serial that is served is from the primary's; nothing if it is not. */
const behind = (lag) => (!lag ? "" : `${count(Math.abs(lag))} ${lag > 0 ? "behind" : "ahead"}`);

// What the primary has, by its own answers or its NOTIFY: what was learnt last, and of
// the same second the later serial. The lag is counted to it.
function offerOf(zone) {
	const { "serial-offered": offered, "serial-notified": notified } = zone;
	if (offered === undefined || notified === undefined) return offered ?? notified;
	const newer = millis(zone["serial-notified-at"]) - millis(zone["serial-offered-at"]);
	const ahead = (notified - offered) >>> 0;
	return newer > 0 || (newer === 0 && ahead > 0 && ahead < 0x80000000) ? notified : offered;
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
	const lag = h("span", { class: "two" });
	const offered = h("span");
	const last = h("time");
	const row = tableRow(
		cell("th", "", { class: "c-zone" }, button, where),
		cell("td", "", { class: "c-left" }, left),
		cell("td", "", { class: "c-state" }, mark, loud),
		cell("td", "", { class: "c-cause" }, cause, primary),
		cell("td", "Serving", { class: "num c-serial" }, serving, lag),
		cell("td", "Offered", { class: "num c-serial" }, offered),
		cell("td", "Last success", { class: "num c-last" }, last));
	const key = zoneKey(first);
	button.addEventListener("click", () => {
		if (!opened.delete(key)) opened.add(key);
		render();
	});
	row.update = (zone) => {
		const severity = severityOf(zone);
		const failing = (zone.primaries ?? []).filter((p) => p.outcome === "failed");
		const culprit = failing.find((p) => p.cause === zone.cause) ?? failing[0];
		const others = failing.length > 1 ? ` and ${failing.length - 1} more` : "";
		const offer = offerOf(zone);
		const ahead = offer !== undefined && zone.serial !== undefined
			? (offer - zone.serial) >>> 0 : 0;
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
		setText(lag, behind(zone["serial-lag"]));
		setText(offered, offer ?? "–");
		setAttribute(offered, "class", ahead > 0 && ahead < 0x80000000 ? "behind" : "");
		setAgo(last, millis(zone["last-success"]));
		if (Number.isNaN(millis(zone["last-success"]))) setText(last, "–");
		setAttribute(button, "aria-expanded", opened.has(key));
	};
	return row;
}

function moment(iso) {
	const at = millis(iso);
	if (Number.isNaN(at)) return undefined;
	const relative = at > now() ? `in ${span(at - now())}` : `${span(now() - at)} ago`;
	return [at, `${relative}, ${stamp(at)}`];
}

const seconds = (s) => (s === undefined ? undefined : `${count(s)} s (${span(s * 1000)})`);
const explained = (cause) => (cause === undefined ? undefined : `${causeLine(cause)} (${cause})`);

/* What a primary last did for a zone. */
function outcomeOf(primary) {
	const at = millis(primary.last);
	return `${primaryName(primary.address)}: ${[
		primary.outcome ?? "not known",
		explained(primary.cause),
		primary.failures > 0 ? `${plural(primary.failures, "time")} in a row` : undefined,
		Number.isNaN(at) ? undefined : `${span(now() - at)} ago`,
	].filter((part) => part !== undefined).join(", ")}`;
}

/* What else is known of a zone, in a row of its own below it. */
function zoneDetail() {
	const list = h("dl", { class: "facts" });
	const row = tableRow(h("td", { role: "cell", colspan: 7 }, list));
	row.className = "detail";
	row.update = ({ detail: zone }) => setFacts(list, [
		["Clients lose it", moment(zone.deadline)],
		["It is lost by its", zone["deadline-by"] === "expire" ? "expire time"
			: zone["deadline-by"]],
		["Expires", moment(zone.expires)],
		["Signature expires", moment(zone["signature-expires"])],
		[`${sentence(words(zone.state))} since`, moment(zone.since)],
		["Failures in a row", zone.failures],
		["Cause", explained(zone.cause)],
		["Incident", zone.incident],
		["Last attempt", moment(zone["last-attempt"])],
		["Last success", moment(zone["last-success"])],
		["Last transfer", moment(zone["last-transfer"])],
		["Next refresh", moment(zone["next-refresh"])],
		["Serial served", zone.serial],
		["Serial offered", zone["serial-offered"]],
		["Offered at", moment(zone["serial-offered-at"])],
		["Serial notified", zone["serial-notified"]],
		["Notified at", moment(zone["serial-notified-at"])],
		["Serials apart", behind(zone["serial-lag"]) || undefined],
		["Behind since", moment(zone["behind-since"])],
		["Refresh", seconds(zone.refresh)],
		["Retry", seconds(zone.retry)],
		["Expire", seconds(zone.expire)],
		["Primaries", (zone.primaries ?? []).map(outcomeOf).join("; ") || undefined],
	]);
	return row;
}

function renderZones() {
	const { zones, next } = data.zones ?? { zones: [], next: undefined };
	const items = zones.flatMap((zone) =>
		(opened.has(zoneKey(zone)) ? [zone, { detail: zone }] : [zone]));
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
