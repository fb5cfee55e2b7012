/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What is known, and how it is asked for.
 */

const data = { status: null, incidents: [], zones: null, events: [] };
const clocks = { server: 0, local: 0 };	/* when the server last told the time */
const life = {
	heard: null,	 /* local ms of the last whole refresh */
	failed: null,	 /* local ms of the first failure since */
	reason: "",
	answered: false, /* the failure was an answer of HTTP */
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
			throw new Trouble("the answer is not JSON", answer.status);
		}
		if (list !== undefined && !Array.isArray(body[list])) {
			throw new Trouble("the answer is not one of xfrwatch", answer.status);
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
