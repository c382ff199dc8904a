// The list of messages: kept in order, day marks between, the end in sight unless the person reads further up.
import { bubble, waiting } from "./bubbles.js";
import { h } from "./nodes.js";
import { dayName } from "./words.js";

const NEAR = 120;

export class Log {
  // handlers: botId, onCommand, pressed(message, button, node), onAgain, onDrop
  constructor(handlers) {
    this.handlers = handlers;
    this.messages = new Map();
    this.rows = new Map(); // by group: the row and the words it was made of
    this.waiting = [];
    this.held = [];
    this.list = document.getElementById("messages");
    this.scroller = document.getElementById("log");
    this.down = document.getElementById("down");
    this.down.addEventListener("click", () => this.toEnd(true));
    this.stuck = true;
    this.height = 0;
    new ResizeObserver(() => { this.height = this.scroller.clientHeight; if (this.stuck) this.toEnd(); }).observe(this.scroller);
    this.scroller.addEventListener("scroll", () => {
      if (this.scroller.clientHeight !== this.height) return; // the keys came or went; the person did not scroll
      this.stuck = this.isAtEnd();
      if (this.stuck) this.down.hidden = true;
    }, { passive: true });
    // Nothing moves under a finger: while one is down, news waits.
    const lifted = () => { clearTimeout(this.fingerTimer); this.finger = false; const held = this.held.splice(0); held.forEach((work) => work()); };
    this.scroller.addEventListener("pointerdown", () => { this.finger = true; clearTimeout(this.fingerTimer); this.fingerTimer = setTimeout(lifted, 1200); }, { passive: true });
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => this.finger && setTimeout(lifted, 60), { passive: true });
  }

  isAtEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR;
  }

  toEnd(smooth = false) {
    this.stuck = true;
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: smooth && !matchMedia("(prefers-reduced-motion: reduce)").matches ? "smooth" : "instant" });
    this.down.hidden = true;
  }

  get oldest() {
    return Math.min(...this.messages.keys());
  }

  // Whether the person has said nothing yet, as far as is loaded.
  get isUnanswered() {
    return ![...this.messages.values()].some((message) => !message.from.is_bot);
  }

  has(messageId) {
    return this.messages.has(messageId);
  }

  // News: messages new or changed, ids deleted. `earlier` keeps the place where the person reads.
  take(messages, deleted = [], { earlier = false } = {}) {
    if (this.finger && !earlier) {
      this.held.push(() => this.take(messages, deleted));
      return;
    }
    const wasAtEnd = this.isAtEnd() || this.stuck, height = this.scroller.scrollHeight;
    const newest = Math.max(0, ...this.messages.keys());
    let fresh = false;
    for (const message of messages) {
      // An edit of a message further up than what is loaded will be seen when that is.
      if (!earlier && this.messages.size && message.message_id < this.oldest) continue;
      fresh ||= message.message_id > newest;
      this.messages.set(message.message_id, message);
    }
    for (const id of deleted) this.messages.delete(id);
    this.draw();
    if (earlier) this.scroller.scrollTop += this.scroller.scrollHeight - height;
    else if (wasAtEnd) this.toEnd();
    else if (fresh) this.down.hidden = false;
  }

  setWaiting(items) {
    const wasAtEnd = this.isAtEnd() || items.length > this.waiting.length;
    this.waiting = items;
    this.draw();
    if (wasAtEnd) this.toEnd();
  }

  groups() {
    const groups = [], albums = new Map();
    for (const message of [...this.messages.values()].sort((a, b) => a.message_id - b.message_id)) {
      const album = albums.get(message.media_group_id);
      if (album) album.push(message);
      else {
        groups.push({ name: String(message.message_id), messages: [message] });
        if (message.media_group_id) albums.set(message.media_group_id, groups[groups.length - 1].messages);
      }
    }
    return groups;
  }

  // Rows that stay are not touched, so that a spinner, a selection, a focus live on.
  draw() {
    const wanted = [], made = new Map();
    let day = null, before = null;
    const mark = (seconds) => {
      const name = dayName(seconds);
      if (name !== day) {
        wanted.push(this.reuse(made, `day:${name}:${wanted.length}`, name, () => h("li", { class: "day" }, h("span", {}, name))));
        day = name;
      }
    };
    for (const group of this.groups()) {
      mark(group.messages[0].date);
      const isMine = !group.messages[0].from.is_bot;
      const row = this.reuse(made, group.name, JSON.stringify(group.messages), () => bubble(group.messages, { ...this.handlers, isMine }));
      row.classList.toggle("follows", before === isMine);
      before = isMine;
      wanted.push(row);
    }
    for (const item of this.waiting) {
      mark(item.pressed.wall / 1000);
      const row = this.reuse(made, `waiting:${item.client_id}`, String(item.failed), () => waiting(item, this.handlers));
      row.classList.toggle("follows", before === true);
      before = true;
      wanted.push(row);
    }
    this.rows = made;
    this.place(wanted);
  }

  reuse(made, name, source, make) {
    const known = this.rows.get(name);
    const kept = known && known.source === source ? known : { source, row: make() };
    made.set(name, kept);
    return kept.row;
  }

  place(wanted) {
    const staying = new Set(wanted);
    for (const child of [...this.list.children]) if (!staying.has(child)) child.remove();
    let at = this.list.firstChild;
    for (const row of wanted) {
      if (row === at) at = at.nextSibling;
      else this.list.insertBefore(row, at);
    }
  }
}
