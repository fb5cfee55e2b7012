/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Which zones are asked for: search, filters and page, which the address keeps.
 */

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

function askForZones() {
	loadZones().then((trouble) => {
		if (trouble !== null) heardNothing(trouble);
	});
}

function goTo(change, replace) {
	Object.assign(view, change);
	writeHash(replace);
	showFilters();
	$("zones-table").setAttribute("aria-busy", "true");
	askForZones();
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
