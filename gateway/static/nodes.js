// Building the page's nodes. What people and the bot wrote only ever becomes text nodes.
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

const SHAPES = {
  clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  tick: "m5 12.5 4.5 4.5L19 7.5",
  warning: "M12 8v5m0 3v.01M12 3 2.5 20h19z",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  pin: "M12 21s-7-6.5-7-11.5a7 7 0 0 1 14 0C19 14.5 12 21 12 21zm0-9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-8 9c0-4 3.5-6 8-6s8 2 8 6",
};

export function icon(name, label) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `shape ${name}`);
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

const WEB = /^(https?:\/\/|mailto:|tel:)/i;

export function link(address, ...children) {
  if (!WEB.test(address)) return h("span", {}, ...children);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

const PLAIN = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre" };

function wrapped(entity, children, words, onCommand, more) {
  if (entity.type in PLAIN) return h(PLAIN[entity.type], {}, ...children);
  switch (entity.type) {
    case "text_link": return link(entity.url, ...children);
    case "url": return link(words, ...children);
    case "bot_command": return h("button", { type: "button", class: "command", onclick: () => onCommand(words) }, ...children);
    case "spoiler": return h("span", { class: "spoiler", role: "button", tabindex: "0", onclick: (event) => event.currentTarget.classList.add("open") }, ...children);
    case "blockquote": return h("blockquote", {}, ...children);
    case "expandable_blockquote": {
      const quote = h("blockquote", { class: "folded" }, ...children);
      quote.append(h("button", { type: "button", class: "more", onclick: (event) => { quote.classList.remove("folded"); event.currentTarget.remove(); } }, more));
      return quote;
    }
    default: return h("span", {}, ...children);
  }
}

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

// A leaf of text; a mobile number in what the bot says can be called.
function leaf(text, isCallable) {
  if (!isCallable) return [text];
  return text.split(/(\d+)/).map((piece) => (/^1\d{10}$/.test(piece) ? h("a", { href: `tel:${piece}` }, piece) : piece));
}

// Entities count UTF-16 units, and so do JavaScript's strings.
export function formatted(text, entities = [], { onCommand, more, isCallable }) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  let next = 0;
  const between = (from, to) => {
    const nodes = [];
    let at = from;
    while (next < sorted.length && sorted[next].offset < to) {
      const entity = sorted[next++];
      const end = Math.min(entity.offset + entity.length, to);
      if (entity.offset < at || end <= entity.offset) continue;
      nodes.push(...leaf(text.slice(at, entity.offset), isCallable));
      nodes.push(wrapped(entity, between(entity.offset, end), text.slice(entity.offset, end), onCommand, more));
      at = end;
      // A block ends its line itself: the line break behind it would be an empty line.
      if (BLOCKS.has(entity.type) && text[at] === "\n") at += 1;
    }
    nodes.push(...leaf(text.slice(at, to), isCallable));
    return nodes;
  };
  return between(0, text.length);
}
