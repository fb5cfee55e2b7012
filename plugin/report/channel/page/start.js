/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Hands on keyboard and mouse; and the start.
 */

function jump(target) {
	const head = target.matches("section") ? target.querySelector("h2") : target;
	target.scrollIntoView();
	head.focus({ preventScroll: true });
}

const onClick = (node, act) => node.addEventListener("click", act);

function listenToPage() {
	document.addEventListener("visibilitychange", () => {
		if (document.hidden) clearTimeout(timer);
		else if (!life.paused) refresh();
	});
	onClick(document, (event) => {
		const link = event.target.closest("a[href^='#']");
		if (link === null) return;
		event.preventDefault();	/* the hash holds the search */
		jump($(link.getAttribute("href").slice(1)));
	});
	document.addEventListener("keydown", (event) => {
		const typed = /^(input|select|textarea)$/i.test(document.activeElement?.tagName ?? "");
		const combined = event.ctrlKey || event.metaKey || event.altKey;
		if (event.key !== "/" || typed || combined || $("content").hidden) return;
		event.preventDefault();
		$("q").focus();
		$("q").select();
	});
	onClick($("pause"), () => {
		life.paused = !life.paused;
		setAttribute($("pause"), "aria-pressed", life.paused);
		renderFresh();
		if (life.paused) clearTimeout(timer);
		else refresh();
	});
	setInterval(renderFresh, 1000);
}

function listenToSearch() {
	$("q").addEventListener("input", () => {
		clearTimeout(typing);
		typing = setTimeout(() => search({}, true), TYPING_MS);
	});
	for (const name of ["show", "cause", "primary"]) {
		$(name).addEventListener("change", () => search({ [name]: $(name).value }));
	}
	onClick($("clear"), () => {
		search({ q: "", cause: "", primary: "", show: "unhealthy" });
		$("q").focus();
	});
	onClick($("search-all"), () => {
		search({ show: "all", cause: "", primary: "" });
		$("q").focus();
	});
	for (const name of ["popstate", "hashchange"]) {
		window.addEventListener(name, () => {
			stopTyping();
			readHash();
			askForZones();
		});
	}
}

function listenToPagers() {
	for (const name of Object.keys(pages)) {
		for (const [button, step] of [[".prev", -1], [".next", 1]]) {
			onClick($(`${name}-pager`).querySelector(button), () => {
				pages[name] = Math.max(0, pages[name] + step);
				render();
			});
		}
	}
	const zones = $("zones-pager");
	onClick(zones.querySelector(".first"), () => search({}));
	onClick(zones.querySelector(".prev"), () => {
		const before = [...view.before];
		const after = before.pop();
		if (after === undefined) search({});
		else goTo({ after, page: view.page - 1, before });
	});
	onClick(zones.querySelector(".next"), () => {
		if (data.zones?.next === undefined) return;
		goTo({ after: String(data.zones.next), page: view.page + 1,
			before: [...view.before, view.after] });
	});
}

setText($("host"), location.host);
$("cause").append(...Object.entries(CAUSES).map(([name]) => h("option", { value: name }, name)));
readHash();
listenToPage();
listenToSearch();
listenToPagers();
refresh();
