/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The refresh, and what of it is said to who listens.
 */

const NO_COUNTS = Object.fromEntries(STATES.map((state) => [state, 0]));
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
		const before = (i) => known.get(i.id)?.severity ?? i.severity;
		tell([...open.values()].filter((i) => rank(i.severity) > rank(before(i))),
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
	life.answered = trouble.status !== undefined;
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
		data.status = { ...status, zones: { ...NO_COUNTS, ...status.zones } };
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
