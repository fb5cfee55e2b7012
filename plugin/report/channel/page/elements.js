/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Elements: made of text and attributes that hold no code, never of markup, and
 * changed only where something is new, so that focus, selection and scroll stay.
 */

function h(tag, attributes, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes ?? {})) {
		node.setAttribute(name, value);
	}
	node.append(...children);
	return node;
}

function setText(node, text) {
	const only = node.firstChild;
	text = String(text);
	if (only !== null && only === node.lastChild && only.nodeType === Node.TEXT_NODE) {
		if (only.data !== text) only.data = text;
	} else if (only !== null || text !== "") {
		node.textContent = text;
	}
}

function setAttribute(node, name, value) {
	if (value === undefined) {
		node.removeAttribute(name);
	} else if (node.getAttribute(name) !== String(value)) {
		node.setAttribute(name, value);
	}
}

/* Of markup and of SVG, which has no property for it. */
const show = (node, yes) => node.toggleAttribute("hidden", !yes);

/* A moment: `text` to read, the absolute time to hover and for machines. */
function setTime(node, ms, text) {
	setAttribute(node, "datetime", Number.isNaN(ms) ? undefined : new Date(ms).toISOString());
	setAttribute(node, "title", Number.isNaN(ms) ? undefined : stamp(ms));
	setText(node, text);
}

function setAgo(node, ms) {
	setTime(node, ms, Number.isNaN(ms) ? "not known" : `${span(now() - ms)} ago`);
}

function glyph() {
	const svg = document.createElementNS(SVG, "svg");
	svg.setAttribute("class", "glyph");
	svg.setAttribute("aria-hidden", "true");
	svg.setAttribute("focusable", "false");
	svg.append(document.createElementNS(SVG, "use"));
	return svg;
}

function setGlyph(svg, severity) {
	const name = severity === "info" ? "notice" : severity === "none" ? "ok" : severity;
	setAttribute(svg.firstElementChild, "href", `#sev-${GLYPHS.has(name) ? name : "unknown"}`);
}

/* A severity is a shape and a word, and only then a colour. */
function severityMark() {
	const node = h("span", { class: "sev" }, glyph(), h("span"));
	node.tell = (severity, text) => {
		setAttribute(node, "data-severity", severity);
		setGlyph(node.firstElementChild, severity);
		setText(node.lastElementChild, text ?? severity);
	};
	return node;
}

/*
 * Makes the children of `parent` those of `items`, in that order: a child whose key is
 * still there stays, and is moved only if it must be. make(item) returns an element
 * that has a function update(item), which must use nothing else of that refresh.
 */
function sync(parent, items, keyOf, make) {
	const old = parent.children_by_key ?? new Map();
	const fresh = new Map();
	const active = parent.contains(document.activeElement) ? document.activeElement : null;
	for (const item of items) {
		const key = keyOf(item);
		if (!fresh.has(key)) fresh.set(key, item);
	}
	for (const [key, child] of old) {
		if (!fresh.has(key)) child.remove();
	}
	let at = parent.firstElementChild;
	for (const [key, item] of fresh) {
		let child = old.get(key);
		if (child === undefined) child = make(item);
		if (at !== null && at !== child && at.nextElementSibling === child) {
			parent.append(at);	/* it comes later, or goes there now */
			at = child;
		}
		if (at === child) {
			at = at.nextElementSibling;
		} else {
			parent.insertBefore(child, at);
		}
		child.update(item);
		fresh.set(key, child);
	}
	parent.children_by_key = fresh;
	if (active !== null && active !== document.activeElement) {
		/* Moved, or gone with its row. */
		const back = parent.contains(active) ? active
			: parent.closest("section, footer")?.querySelector("h2");
		back?.focus({ preventScroll: true });
	}
}

/* Names and values; a value is text, or [ms, text] for a moment. */
function setFacts(list, pairs) {
	sync(list, pairs.filter((pair) => pair[1] !== undefined), (pair) => pair[0], ([name]) => {
		const value = h("dd");
		const node = h("div", null, h("dt", null, name), value);
		const time = h("time");
		node.update = ([, to]) => {
			if (Array.isArray(to)) {
				if (time.parentNode !== value) value.replaceChildren(time);
				setTime(time, to[0], to[1]);
			} else {
				setText(value, to);
			}
			node.className = name === "Primaries" ? "all" : "";
		};
		return node;
	});
}
