// The phone page: who one is here, then the chat.
import { Chat } from "./chat.js";
import { Refused, as, ask, isFinal } from "./line.js";
import { h } from "./nodes.js";
import { isChinese, say } from "./words.js";

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);

function door(...children) {
  $("chat").hidden = true;
  $("door").hidden = false;
  $("door").replaceChildren(...children);
}

const sentence = (words) => door(h("p", { class: "sentence" }, words));

function choose({ people, account }) {
  const links = people.map(({ id, name, title }) => h("a", { href: `/?as=${id}` }, h("b", {}, name), h("span", {}, title)));
  if (account) links.unshift(h("a", { href: "/?me" }, h("b", {}, say("ownAccount"))));
  door(h("h1", {}, say("choose"), " ", h("mark", {}, say("sample"))), h("p", {}, say("chooseNote")), h("nav", {}, ...links));
}

// Asks until the line is there; a refusal is final.
async function patiently(...question) {
  for (let pause = 1000; ; pause = Math.min(pause * 2, 15000)) {
    try {
      return await ask(...question);
    } catch (error) {
      if (isFinal(error)) throw error;
      sentence(error.status === 429 ? say("busy") : say("trying"));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

async function enter() {
  const start = query.get("start");
  if (start !== null) {
    await patiently("POST", "/page/enter", { start, language: navigator.language });
    history.replaceState(null, "", as === null ? "/?me" : `/?as=${encodeURIComponent(as)}`);
  } else if (as === null) {
    const known = await patiently("GET", "/page/people");
    document.title = known.bot;
    if (known.people.length && !query.has("me")) return choose(known);
    if (!known.account) return sentence(say("stranger"));
  }
  new Chat(await patiently("GET", "/page/state"));
}

document.documentElement.lang = isChinese ? "zh-Hans" : "en";
enter().catch((error) => {
  if (!(error instanceof Refused)) throw error;
  if (error.code === "no_such_person") location.replace("/");
  sentence(say({ bad_link: "badLink", not_local: "notLocal", busy: "busy" }[error.code] || "stranger"));
});
