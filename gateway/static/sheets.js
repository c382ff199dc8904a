// Small sheets over the chat: a point typed in, a phone number, a menu, a picture, a word that must be read.
import { h } from "./nodes.js";
import { say } from "./words.js";

function open(className, label, build) {
  return new Promise((resolve) => {
    let answer = null;
    const sheet = h("dialog", { class: className, "aria-label": label });
    const done = (value) => { answer = value; sheet.close(); };
    sheet.append(...build(done));
    sheet.addEventListener("click", (event) => event.target === sheet && done(null));
    sheet.addEventListener("close", () => { sheet.remove(); resolve(answer); });
    document.body.append(sheet);
    sheet.showModal();
  });
}

const button = (words, action, className = "plain") => h("button", { type: "button", class: className, onclick: action }, words);

export const notice = (text) =>
  open("sheet", text, (done) => [h("p", { class: "notice" }, text), h("div", { class: "row" }, button(say("ok"), () => done(true), "main"))]);

export const menu = (items) =>
  open("sheet menu", say("menu"), (done) => [...items.map(([words, value]) => button(words, () => done(value), "item")), button(say("cancel"), () => done(null), "item quiet")]);

function readPoint(text) {
  const numbers = text.match(/-?\d+(?:\.\d+)?/g) || [];
  if (numbers.length !== 2) return { wrong: say("pointWrong") };
  const [latitude, longitude] = numbers.map(Number);
  if (Math.abs(latitude) > 90 && Math.abs(latitude) <= 180 && Math.abs(longitude) <= 90) return { wrong: say("pointSwapped") };
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return { wrong: say("pointWrong") };
  return { point: { latitude, longitude } };
}

// Answers a point, "again", or null.
export const askPoint = (why) =>
  open("sheet", say("location"), (done) => {
    const field = h("input", { id: "point", type: "text", inputmode: "text", placeholder: "38.2031, 114.0125", "aria-label": say("latlng"), "aria-describedby": "point-wrong" });
    const wrong = h("p", { id: "point-wrong", class: "wrong", role: "alert" });
    const send = (event) => {
      event.preventDefault();
      const { point, wrong: reason } = readPoint(field.value);
      if (point) done(point);
      else wrong.textContent = reason;
    };
    return [
      h("h2", {}, why || say("location")), h("p", {}, say("pointNote")),
      h("form", { onsubmit: send }, field, wrong,
        h("div", { class: "row" }, button(say("tryAgain"), () => done("again")), h("button", { type: "submit", class: "main" }, say("sendPoint"))),
        h("div", { class: "row" }, button(say("cancel"), () => done(null), "quiet"))),
    ];
  });

export const askPhone = () =>
  open("sheet", say("phone"), (done) => {
    const field = h("input", { type: "tel", inputmode: "tel", autocomplete: "tel", "aria-label": say("phone") });
    const wrong = h("p", { class: "wrong", role: "alert" });
    const send = (event) => {
      event.preventDefault();
      if (field.value.replace(/\D/g, "").length >= 5) done(field.value);
      else wrong.textContent = say("phoneWrong");
    };
    return [h("h2", {}, say("phoneNote")), h("form", { onsubmit: send }, field, wrong,
      h("div", { class: "row" }, button(say("cancel"), () => done(null)), h("button", { type: "submit", class: "main" }, say("sendPhone"))))];
  });

// A page on paper is wider than a phone: a tap on the picture shows it at its own size.
export const picture = (source, save) =>
  open("viewer", say("photo"), (done) => {
    const image = h("img", { src: source, alt: say("photo"), onclick: () => frame.classList.toggle("large") });
    const frame = h("div", { class: "frame" }, image);
    return [h("div", { class: "bar" }, button(say("close"), () => done(null), "light"), h("a", { class: "light", href: save, download: "" }, say("save"))), frame];
  });

let hiding = 0;

export function toast(text) {
  const place = document.getElementById("toast");
  place.textContent = text;
  place.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => place.classList.remove("shown"), Math.max(2500, text.length * 120));
}
