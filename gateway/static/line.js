// The line to the gateway: who we are, asking, and listening for news.
const query = new URLSearchParams(location.search);
export const as = query.get("as");

export class Refused extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export function key() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function ask(method, path, body, { seconds = 20, signal } = {}) {
  const headers = { "X-Page": "1" };
  if (as !== null) headers["X-As"] = as;
  if (body !== undefined && !(body instanceof FormData)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), seconds * 1000);
  if (signal) signal.addEventListener("abort", () => late.abort(), { once: true });
  try {
    const response = await fetch(path, { method, headers, body, signal: late.signal, credentials: "same-origin", cache: "no-store" });
    const answer = await response.json();
    if (answer.now !== undefined) metServer(answer.now);
    if (!response.ok) throw new Refused(response.status, answer.error || "refused");
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

// A refusal that will not change by asking again; anything else is the line, and passes.
export const isFinal = (error) => error instanceof Refused && error.status < 500 && error.status !== 429;

export const fileAddress = (messageId, save) =>
  `/page/file/${messageId}?${new URLSearchParams({ ...(as === null ? {} : { as }), ...(save ? { save: "1" } : {}) })}`;

// Ages. The gateway dates an item "now less its age". The age is measured by the page's running clock, which stands
// still while the phone sleeps. The phone's own clock may fill that in only if it ran true between two meetings with
// the gateway, one before the press and one now: nobody gains by setting it.
let meeting = null;

function metServer(now) {
  meeting = { offset: now - Date.now(), wall: Date.now(), running: performance.now() };
}

export function stamp() {
  const believable = meeting !== null && Date.now() - meeting.wall > performance.now() - meeting.running - 2000;
  return { wall: Date.now(), offset: believable ? meeting.offset : null, aged: 0, since: performance.now(), session: performance.timeOrigin };
}

export function age(pressed) {
  const running = pressed.aged + performance.now() - (pressed.session === performance.timeOrigin ? pressed.since : 0);
  const steady = meeting !== null && pressed.offset !== null && Math.abs(meeting.offset - pressed.offset) < 5000;
  return Math.max(0, Math.round(steady ? Math.max(running, Date.now() - pressed.wall) : running));
}

// Before the page goes: what the running clock has counted so far.
export function rest(pressed) {
  const running = pressed.aged + performance.now() - (pressed.session === performance.timeOrigin ? pressed.since : 0);
  return { ...pressed, aged: running, since: performance.now(), session: performance.timeOrigin };
}

// News: one question held open by the gateway, asked again with the number of the last change we saw.
export class Listener {
  constructor(onNews, onLine, onStranger) {
    Object.assign(this, { onNews, onLine, onStranger, change: 0, stop: new AbortController() });
    addEventListener("offline", () => this.poke());
    addEventListener("online", () => this.poke());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.failures && this.poke());
  }

  poke() {
    this.stop.abort();
    if (this.waker) this.waker();
  }

  async listen(change) {
    this.change = change;
    this.failures = 0;
    for (;;) {
      this.stop = new AbortController();
      try {
        const news = await ask("GET", `/page/events?after=${this.change}${this.failures ? "&wait=0" : ""}`, undefined, { seconds: 40, signal: this.stop.signal });
        this.failures = 0;
        this.change = news.change;
        this.onLine(true);
        this.onNews(news);
      } catch (error) {
        if (isFinal(error)) return this.onStranger(error);
        this.failures += 1;
        if (!navigator.onLine || this.failures > 1 || !this.stop.signal.aborted) this.onLine(false);
        const pause = Math.min(15000, 500 * 2 ** Math.min(this.failures, 5));
        await new Promise((resolve) => { this.waker = resolve; setTimeout(resolve, pause); });
      }
    }
  }
}
