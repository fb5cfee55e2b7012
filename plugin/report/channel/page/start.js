/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Hands on keyboard and mouse; and the start.
 */

function jump(target) {
	const head = target.matches("section") ? target.querySelector("h2") : target;
	target.scrollIntoView();
	head.focus({ preventScroll: true });
}

function listen() {
	document.addEventListener("visibilitychange", () => {
		if (document.hidden) clearTimeout(timer);
		else if (!life.paused) refresh();
	});
	document.addEventListener("click", (event) => {
		const link = event.target.closest("a[href^='#']");
		if (link === null) return;
		event.preventDefault();	/* the hash holds the search */
		jump($(link.getAttribute("href").slice(1)));
	});
	document.addEventListener("keydown", (event) => {
		const typed = /^(input|select|textarea)$/i.test(document.activeElement?.tagName ?? "");
		if (event.key === "/" && !typed && !event.ctrlKey && !event.metaKey && !event.altKey) {
			if ($("content").hidden) return;
			event.preventDefault();
			$("q").focus();
			$("q").select();
		}
	});
	$("q").addEventListener("input", () => {
		clearTimeout(typing);
		typing = setTimeout(() => search({}, true), TYPING_MS);
	});
	for (const name of ["show", "cause", "primary"]) {
		$(name).addEventListener("change", () => search({ [name]: $(name).value }));
	}
	$("clear").addEventListener("click", () => {
		search({ q: "", cause: "", primary: "", show: "unhealthy" });
		$("q").focus();
	});
	$("search-all").addEventListener("click", () => {
		search({ show: "all", cause: "", primary: "" });
		$("q").focus();
	});
	$("pause").addEventListener("click", () => {
		life.paused = !life.paused;
		setAttribute($("pause"), "aria-pressed", life.paused);
		renderFresh();
		if (life.paused) clearTimeout(timer);
		else refresh();
	});
	for (const name of Object.keys(pages)) {
		for (const [button, step] of [[".prev", -1], [".next", 1]]) {
			$(`${name}-pager`).querySelector(button).addEventListener("click", () => {
				pages[name] = Math.max(0, pages[name] + step);
				render();
			});
		}
	}
	const zones = $("zones-pager");
	zones.querySelector(".first").addEventListener("click", () => search({}));
	zones.querySelector(".prev").addEventListener("click", () => {
		const before = [...view.before];
		const after = before.pop();
		if (after === undefined) search({});
		else goTo({ after, page: view.page - 1, before });
	});
	zones.querySelector(".next").addEventListener("click", () => {
		if (data.zones?.next === undefined) return;
		goTo({ after: String(data.zones.next), page: view.page + 1, before: [...view.before, view.after] });
	});
	for (const name of ["popstate", "hashchange"]) {
		window.addEventListener(name, () => {
			stopTyping();
			readHash();
			loadZones().then((trouble) => {
				if (trouble !== null) heardNothing(trouble);
			});
		});
	}
	setInterval(renderFresh, 1000);
}

setText($("host"), location.host);
$("cause").append(...Object.entries(CAUSES).map(([name]) => h("option", { value: name }, name)));
readHash();
listen();
refresh();
