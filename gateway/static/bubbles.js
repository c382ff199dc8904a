// One message as a bubble.
import { fileAddress } from "./line.js";
import { formatted, h, icon, link } from "./nodes.js";
import { picture, toast } from "./sheets.js";
import { bytes, clock, refusal, say } from "./words.js";

const coordinates = ({ latitude, longitude }) => `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;

function place(position) {
  const words = coordinates(position);
  const copy = () => navigator.clipboard?.writeText(words).then(() => toast(say("copied")), () => {});
  const lines = [h("span", { class: "first" }, words)];
  if (position.horizontal_accuracy !== undefined) lines.push(h("span", { class: "second" }, say("accuracy", { n: Math.round(position.horizontal_accuracy) })));
  return h("button", { type: "button", class: "card", "aria-label": `${say("location")} ${words}`, onclick: copy }, h("span", { class: "mark" }, icon("pin")), h("span", { class: "lines" }, ...lines));
}

function paper(message) {
  const { file_name: name, file_size: size } = message.document;
  return h("a", { class: "card", href: fileAddress(message.message_id, true), download: name },
    h("span", { class: "mark" }, icon("file")), h("span", { class: "lines" }, h("span", { class: "first" }, name), h("span", { class: "second" }, bytes(size))));
}

function photo(message) {
  const { width, height } = message.photo[message.photo.length - 1];
  const source = fileAddress(message.message_id);
  const image = h("img", { src: source, alt: message.caption || say("photo"), loading: "lazy", width: String(width), height: String(height) });
  return h("button", { type: "button", class: "photo", "aria-label": message.caption || say("photo"), onclick: () => picture(source, fileAddress(message.message_id, true)) }, image);
}

const contact = ({ phone_number: number, first_name: name }) =>
  h("span", { class: "card" }, h("span", { class: "mark" }, icon("person")), h("span", { class: "lines" }, h("span", { class: "first" }, name || ""), h("span", { class: "second" }, link(`tel:${number}`, number))));

export function quotedWords(message) {
  return message.text || message.caption || (message.photo && say("photo")) || (message.document && message.document.file_name) || (message.location && say("location")) || "…";
}

// How many buttons stand side by side: the bot's rows, unless the words don't fit a phone.
function columns(row) {
  const longest = Math.max(...row.map(({ text }) => [...text].reduce((sum, character) => sum + (character > "\u2e7f" ? 2 : 1), 0)));
  if (row.length > 2 && longest > ({ 3: 11, 4: 8 }[row.length] ?? 5)) return 2;
  return row.length;
}

export function rows(markup, make) {
  return markup.map((row) => {
    const line = h("div", { class: "line" }, ...row.map(make));
    line.style.setProperty("--columns", columns(row));
    return line;
  });
}

function inlineButton(message, pressed) {
  return (button) => {
    const style = button.style ? ` ${button.style}` : "";
    if (button.url) return h("a", { class: `press${style}`, href: /^https?:/i.test(button.url) ? button.url : "#", target: "_blank", rel: "noopener noreferrer" }, button.text);
    if (button.copy_text) return h("button", { type: "button", class: `press${style}`, onclick: () => navigator.clipboard?.writeText(button.copy_text.text).then(() => toast(say("copied"))) }, button.text);
    return h("button", { type: "button", class: `press${style}`, "data-data": button.callback_data, onclick: (event) => pressed(message, button, event.currentTarget) }, button.text);
  };
}

export function body(message, { onCommand, isMine }) {
  const parts = [];
  const options = { onCommand, more: say("more"), isCallable: !isMine };
  if (message.reply_to_message && !isMine) parts.push(h("div", { class: "quoted" }, quotedWords(message.reply_to_message)));
  if (message.location) parts.push(place(message.location));
  if (message.document) parts.push(paper(message));
  if (message.contact) parts.push(contact(message.contact));
  if (message.position_removed) parts.push(h("span", { class: "faint" }, say("removed")));
  const words = message.text ?? message.caption;
  if (words) parts.push(h("div", { class: "words" }, ...formatted(words, message.entities || message.caption_entities, options)));
  return parts;
}

function stampOf(seconds, edited, state) {
  return h("span", { class: "stamp" }, edited ? `${say("edited")} ` : "", h("time", {}, clock(seconds)), state || null);
}

// The whole row: bubble, time, buttons. `album` are the further messages of the same group.
export function bubble(messages, { isMine, onCommand, pressed }) {
  const [message] = messages;
  const photos = messages.filter((one) => one.photo);
  const box = h("div", { class: "bubble" });
  if (photos.length) {
    box.classList.add("with-photo");
    box.append(h("div", { class: `album of-${Math.min(photos.length, 4)}` }, ...photos.map(photo)));
  }
  for (const one of messages) box.append(...body(one, { onCommand, isMine }));
  box.append(stampOf(message.date, message.edit_date && !isMine && false, isMine ? icon("tick", say("sent")) : null));
  if (photos.length && !messages.some((one) => one.caption)) box.classList.add("bare");
  const row = h("li", { class: isMine ? "mine" : "theirs" }, h("span", { class: "unseen" }, `${isMine ? say("you") : say("bot")}: `), box);
  const keyboard = messages.find((one) => one.reply_markup)?.reply_markup?.inline_keyboard;
  row.classList.toggle("with-buttons", Boolean(keyboard));
  if (keyboard) row.append(h("div", { class: "buttons" }, ...rows(keyboard, inlineButton(message, pressed))));
  return row;
}

// What waits for the line, or was refused.
export function waiting(item, { onAgain, onDrop }) {
  const box = h("div", { class: "bubble" });
  if (item.kind === "text") box.append(h("div", { class: "words" }, item.body.text));
  if (item.kind === "location") box.append(place({ ...item.body, horizontal_accuracy: item.body.accuracy }));
  if (item.kind === "contact") box.append(h("div", { class: "words" }, item.body.phone));
  if (item.kind === "file") box.append(h("span", { class: "card" }, h("span", { class: "mark" }, icon("file")), h("span", { class: "lines" }, h("span", { class: "first" }, item.body.as === "photo" ? say("photo") : item.body.name), h("span", { class: "second" }, bytes(item.body.size)))));
  box.append(stampOf(item.pressed.wall / 1000, false, item.failed ? icon("warning") : icon("clock", say("waiting"))));
  const row = h("li", { class: "mine waiting", "data-client": item.client_id }, box);
  if (item.failed) {
    row.append(h("div", { class: "refused" }, h("span", { role: "alert" }, say("failed", { why: refusal(item.failed) })),
      item.failed === "age" ? null : h("button", { type: "button", onclick: () => onAgain(item.client_id) }, say("retry")),
      h("button", { type: "button", onclick: () => onDrop(item.client_id) }, say("discard"))));
  }
  return row;
}
