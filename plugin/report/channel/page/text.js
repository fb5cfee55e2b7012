/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Constants and text: what the page says numbers, times, causes and primaries with.
 *
 * The parts of the script become one function (embed.sh), in the order that stands
 * there. It fills the page from the JSON API, every five seconds while it is looked
 * at. All of it runs in the browser of a person on call.
 */

const CAUSES = {
/* @CAUSES@ */
};
const REFRESH_MS = 5000;
const TIMEOUT_MS = 8000;
const TYPING_MS = 250;
/* Rows in the document: about a hundred, however many zones there are. */
const ROWS = { zones: 25, incidents: 10, causes: 10, primaries: 10, events: 20, closed: 8,
	sisters: 8 };
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
