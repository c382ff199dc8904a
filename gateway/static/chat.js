// The chat: saying, pressing, hearing.
import { rows } from "./bubbles.js";
import { Listener, Refused, as, ask, isFinal, key, stamp } from "./line.js";
import { Log } from "./log.js";
import { h } from "./nodes.js";
import { Outbox } from "./outbox.js";
import { askPhone, askPoint, menu, notice, toast } from "./sheets.js";
import { refusal, say } from "./words.js";

const $ = (id) => document.getElementById(id);
const LONGEST = 4096;
const SPINS = 15000;

export class Chat {
  constructor(state) {
    Object.assign(this, { me: state.me, up: true, action: "", commands: [], keyboard: null, presses: new Map(), answered: new Map(), preparing: 0 });
    this.log = new Log({
      onCommand: (words) => this.sendText(words),
      pressed: (message, button, node) => this.press(message, button, node),
      onAgain: (id) => this.outbox.again(id),
      onDrop: (id) => this.outbox.drop(id),
    });
    this.outbox = new Outbox(
      state.me.id,
      (items) => { this.log.setWaiting(items); this.showLine(); },
      (item, messageId) => this.sent(item, messageId),
      (up) => this.setLine(up),
    );
    this.dress(state);
    this.log.take(state.messages);
    this.log.setWaiting(this.outbox.items);
    this.log.toEnd();
    this.around(state);
    this.setLine(true);
    this.outbox.flush();
    new Listener((news) => this.news(news), (up) => this.setLine(up), () => location.reload()).listen(state.change);
  }

  dress(state) {
    document.title = state.bot;
    document.querySelector("#who h1").textContent = state.bot;
    for (const [id, words] of Object.entries({ menu: "menu", back: "back", down: "down", attach: "attach", slash: "commands", fold: "fold", send: "send" })) $(id).setAttribute("aria-label", say(words));
    $("log").setAttribute("aria-label", state.bot);
    $("keys").setAttribute("aria-label", say("keyboard"));
    $("commands").setAttribute("aria-label", say("commands"));
    $("earlier").textContent = say("earlier");
    $("earlier").hidden = !state.more;
    $("back").hidden = as === null && !state.local;
    $("resume").textContent = say("resume");
    const text = $("text");
    text.setAttribute("aria-label", say("message"));
    text.value = sessionStorage.getItem(this.draftName) || "";
    text.addEventListener("input", () => this.typed());
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && matchMedia("(pointer: fine)").matches) {
        event.preventDefault();
        this.submit();
      }
    });
    $("compose").addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    $("send").addEventListener("pointerdown", (event) => event.preventDefault()); // the phone's keyboard stays
    $("slash").addEventListener("click", () => this.toggleCommands());
    $("fold").addEventListener("click", () => this.foldKeys($("keys").classList.contains("folded") ? "" : "folded"));
    $("attach").addEventListener("click", () => this.attach());
    $("menu").addEventListener("click", () => this.more());
    $("resume").addEventListener("click", () => this.block(false));
    $("earlier").addEventListener("click", () => this.earlier());
    $("photos").addEventListener("change", (event) => this.addPhotos([...event.target.files]).finally(() => { event.target.value = ""; }));
    $("files").addEventListener("change", (event) => this.addFiles([...event.target.files]).finally(() => { event.target.value = ""; }));
    $("door").hidden = true;
    $("chat").hidden = false;
    this.typed();
  }

  get draftName() {
    return `draft:${this.me.id}`;
  }

  // The line

  setLine(up) {
    const returned = up && !this.up;
    this.up = up;
    this.showLine();
    if (returned) this.outbox.flush();
  }

  showLine() {
    const waits = this.outbox ? this.outbox.items.filter((item) => item.failed === null).length : 0;
    let words = say("online");
    if (!this.up) words = waits ? say("stored", { n: waits }) : say("offline");
    else if (this.action) words = say("typing");
    else if (this.preparing) words = say("uploading");
    else if (waits > 1) words = say("sending", { n: waits });
    const line = $("line");
    line.className = this.up ? "up" : "down";
    if (line.textContent !== words) line.textContent = words;
  }

  news(news) {
    // What came back under our own key is no longer waiting.
    const own = new Set(Object.values(news.own || {}));
    if (own.size) for (const item of this.outbox.items) if (own.has(item.client_id)) this.outbox.drop(item.client_id);
    this.log.take(news.messages, news.deleted);
    for (const answer of news.answers) this.answer(answer);
    this.action = news.action || "";
    this.around(news);
    this.showLine();
    const live = new Set(document.querySelectorAll(".press.busy"));
    for (const [id, press] of this.presses) if (!live.has(press.node)) this.settled(id, press);
  }

  around({ keyboard, commands, blocked }) {
    this.commands = commands;
    $("slash").hidden = !commands.length;
    $("compose").hidden = blocked;
    $("resume").hidden = !blocked;
    this.blocked = blocked;
    // The person has said nothing yet: one key to begin, as messengers have it.
    if (!keyboard && this.log.isUnanswered && !this.outbox.items.length) keyboard = { markup: { keyboard: [[{ text: say("begin"), says: "/start" }]] } };
    const shape = JSON.stringify(blocked ? null : keyboard);
    if (shape === this.shape) return;
    this.shape = shape;
    const isNew = this.keyboard?.message_id !== keyboard?.message_id;
    this.keyboard = blocked ? null : keyboard;
    const keys = $("keys");
    keys.hidden = $("fold").hidden = !this.keyboard;
    $("text").placeholder = this.keyboard?.markup.input_field_placeholder || say("message");
    keys.replaceChildren(...(this.keyboard ? rows(this.keyboard.markup.keyboard, (one) => h("button", { type: "button", class: one.style || "", onclick: (event) => this.pressKey(one, event.currentTarget) }, one.text)) : []));
    if (isNew && sessionStorage.getItem("folded") !== "by hand") this.foldKeys("", false);
  }

  foldKeys(how, byHand = true) {
    $("keys").classList.toggle("folded", how === "folded");
    $("fold").setAttribute("aria-expanded", String(how !== "folded"));
    if (byHand) sessionStorage.setItem("folded", how === "folded" ? "by hand" : "");
  }

  async earlier() {
    $("earlier").disabled = true;
    try {
      const { messages, more } = await ask("GET", `/page/history?before=${this.log.oldest}`);
      this.log.take(messages, [], { earlier: true });
      $("earlier").hidden = !more;
    } catch {
      toast(say("offline"));
    }
    $("earlier").disabled = false;
  }

  // Saying something

  typed() {
    const text = $("text");
    sessionStorage.setItem(this.draftName, text.value);
    $("send").disabled = !text.value.trim();
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
    const command = /^\/(\w*)$/.exec(text.value);
    this.showCommands(command ? command[1] : null);
  }

  submit() {
    const text = $("text");
    if (!text.value.trim()) return;
    this.sendText(text.value);
    text.value = "";
    this.typed();
    text.focus();
  }

  sendText(words) {
    this.showCommands(null);
    // A long text goes as several messages, as people's messengers do it, and no character is torn.
    let rest = words.trim();
    while (rest) {
      let end = Math.min(rest.length, LONGEST);
      if (end < rest.length && /[\ud800-\udbff]/.test(rest[end - 1])) end -= 1;
      this.outbox.add({ kind: "text", body: { text: rest.slice(0, end) } });
      rest = rest.slice(end).trim();
    }
  }

  sent(item, messageId) {
    if (item.kind === "file" || this.log.has(messageId)) return;
    // Shown as sent at once; the news brings the gateway's own copy.
    const seconds = Math.round(item.pressed.wall / 1000);
    const message = { message_id: messageId, date: seconds, from: { is_bot: false }, ...(item.kind === "text" ? { text: item.body.text } : {}) };
    if (item.kind === "location") message.location = { latitude: item.body.latitude, longitude: item.body.longitude, ...(item.body.accuracy === undefined ? {} : { horizontal_accuracy: item.body.accuracy }) };
    if (item.kind === "contact") message.contact = { phone_number: item.body.phone };
    this.log.take([message]);
  }

  toggleCommands() {
    this.showCommands($("commands").hidden ? "" : null);
  }

  showCommands(start) {
    const list = $("commands");
    const fitting = start === null ? [] : this.commands.filter(({ command }) => command.startsWith(start.toLowerCase()));
    list.hidden = !fitting.length;
    $("slash").setAttribute("aria-expanded", String(!list.hidden));
    list.replaceChildren(...fitting.map(({ command, description }) => h("button", { type: "button", role: "menuitem", onclick: () => { $("text").value = ""; this.typed(); this.sendText(`/${command}`); } }, h("b", {}, `/${command}`), h("span", {}, description))));
  }

  async pressKey(one, node) {
    if (this.keyboard?.markup.one_time_keyboard) this.foldKeys("folded", false);
    if (one.request_location) await this.sendPlace(this.keyboard?.message_id, node);
    else if (one.request_contact) {
      const phone = await askPhone();
      if (phone) this.outbox.add({ kind: "contact", body: { phone, keyboard_id: this.keyboard?.message_id } });
    } else this.sendText(one.says || one.text);
  }

  async sendPlace(keyboardId, node) {
    if (node?.classList.contains("busy")) return;
    for (;;) {
      node?.classList.add("busy");
      const fix = await located();
      node?.classList.remove("busy");
      if (fix) {
        this.outbox.add({ kind: "location", body: { ...fix, ...(keyboardId === undefined ? {} : { keyboard_id: keyboardId }) } });
        return;
      }
      const point = await askPoint(say("noFix"));
      if (point === null) return;
      if (point !== "again") {
        this.outbox.add({ kind: "location", body: point }); // picked by hand: not the location key's
        return;
      }
    }
  }

  async attach() {
    const what = await menu([[say("photo"), "photos"], [say("file"), "files"], [say("location"), "place"]]);
    if (what === "place") await this.sendPlace();
    else if (what) $(what).click();
  }

  async addPhotos(chosen) {
    const pressed = stamp(), album = chosen.length > 1 ? key() : undefined;
    this.preparing += 1;
    this.showLine();
    for (const photo of chosen) {
      const smaller = await shrunk(photo);
      if (smaller) await this.outbox.add({ kind: "file", pressed, body: { as: "photo", name: "photo.jpg", size: smaller.size, album } }, smaller);
      else await this.addFiles([photo]);
    }
    this.preparing -= 1;
    this.showLine();
  }

  async addFiles(chosen) {
    for (const file of chosen) {
      if (file.size > 20 * 1024 * 1024) toast(say("tooLarge"));
      else await this.outbox.add({ kind: "file", body: { as: "document", name: file.name, size: file.size } }, file);
    }
  }

  // Inline buttons

  async press(message, button, node) {
    if (node.classList.contains("busy")) return;
    node.classList.add("busy");
    node.setAttribute("aria-busy", "true");
    const clientId = key(), until = performance.now() + SPINS;
    for (;;) {
      try {
        const { query_id: id } = await ask("POST", "/page/press", { message_id: message.message_id, data: button.callback_data, client_id: clientId }, { seconds: 8 });
        this.setLine(true);
        const timer = setTimeout(() => this.settled(id, { node }), SPINS);
        this.presses.set(id, { node, timer });
        if (this.answered.has(id)) this.answer(this.answered.get(id));
        return;
      } catch (error) {
        if (!(error instanceof Refused)) this.setLine(false);
        if (isFinal(error) || performance.now() > until) {
          calm(node);
          toast(isFinal(error) ? refusal(error.code) : say("noSignalPress"));
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  answer(answer) {
    const press = this.presses.get(answer.id);
    if (!press) { // the answer was faster than the acknowledgement of the press
      this.answered.set(answer.id, answer);
      if (this.answered.size > 20) this.answered.delete(this.answered.keys().next().value);
      return;
    }
    this.settled(answer.id, press);
    if (answer.text && answer.alert) notice(answer.text);
    else if (answer.text) toast(answer.text);
    if (/^https?:/i.test(answer.url || "")) open(answer.url, "_blank", "noopener");
  }

  settled(id, press) {
    clearTimeout(press.timer);
    this.presses.delete(id);
    calm(press.node);
  }

  // More

  async more() {
    const items = [[this.blocked ? say("resume") : say("stop"), "block"]];
    if (as !== null) items.unshift([say("back"), "back"]);
    const what = await menu(items);
    if (what === "back") location.assign("/");
    if (what === "block") await this.block(!this.blocked);
  }

  async block(blocked) {
    try {
      await ask("POST", "/page/block", { blocked });
    } catch {
      toast(say("offline"));
    }
  }
}

function calm(node) {
  node.classList.remove("busy");
  node.removeAttribute("aria-busy");
}

function located() {
  return new Promise((resolve) => {
    if (!navigator.geolocation || !isSecureContext) return resolve(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
    );
  });
}

// Photos go as JPEG of at most 1600 pixels: quick on a bad line, and without the place a camera writes into them.
async function shrunk(file) {
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, 1600 / Math.max(image.width, image.height));
    const canvas = h("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  } catch {
    return null; // a kind of picture this browser can't read goes as a file
  }
}
