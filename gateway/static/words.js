// The page's own few words. Everything else on it is said by the bot.
const chinese = {
  online: "在线", connecting: "连接中…", offline: "没有信号", stored: "没有信号，已存 {n} 条", sending: "正在发 {n} 条…",
  typing: "正在输入…", uploading: "正在准备文件…",
  message: "说一句", send: "发送", attach: "照片、文件、位置", commands: "命令", fold: "键盘", menu: "更多", back: "换一个人",
  down: "到最新", earlier: "更早的消息", today: "今天", yesterday: "昨天", edited: "改过",
  choose: "以谁的身份看看", sample: "样例", ownAccount: "我自己的账号", chooseNote: "这里的人和数据都是样例，随便点。",
  stranger: "请用收到的邀请链接打开一次，这个浏览器就认得您了。", badLink: "这个链接不完整。请把收到的链接整个打开。",
  busy: "现在进来的人多，请过一分钟再打开。", notLocal: "样例只能在这台电脑上看。", trying: "没有信号，接通后自动进入。",
  photo: "照片", file: "文件", location: "位置", cancel: "取消", close: "关闭", ok: "好", save: "保存", copy: "复制",
  copied: "已复制", sendPoint: "发送这个点", tryAgain: "再试定位", noFix: "手机没有定到位置",
  pointNote: "可以填一个点（纬度, 经度），例如 38.2031, 114.0125", latlng: "纬度, 经度",
  pointWrong: "要两个数：纬度在 ±90 之内，经度在 ±180 之内", pointSwapped: "纬度和经度好像填反了",
  phone: "手机号", phoneNote: "机器人想要您的手机号", phoneWrong: "手机号不对，再看一下", sendPhone: "发送",
  accuracy: "误差约 {n} 米", noSignalPress: "没有信号，没有按上。过一会儿再点", buttonGone: "这个按钮已经变了",
  stop: "停止接收", resume: "恢复接收", stopped: "已停止接收", removed: "位置已删除（满 30 天）",
  failed: "没有发出：{why}", retry: "重发", discard: "删除", tooOld: "超过 24 小时，不能再发", tooLarge: "文件超过 20 MB",
  empty: "没有内容", tooLong: "太长", notPicture: "不是照片", refused: "没有收下", waiting: "等信号", sent: "已发",
  you: "我", bot: "助手", spoiler: "点一下看", more: "展开", gone: "文件不在了", keyboard: "按键", begin: "开始",
};
const english = {
  online: "online", connecting: "connecting…", offline: "no signal", stored: "no signal, {n} kept", sending: "sending {n}…",
  typing: "typing…", uploading: "preparing a file…",
  message: "Message", send: "Send", attach: "Photo, file, place", commands: "Commands", fold: "Keyboard", menu: "More", back: "Be somebody else",
  down: "To the latest", earlier: "Earlier messages", today: "Today", yesterday: "Yesterday", edited: "edited",
  choose: "Look round as", sample: "sample", ownAccount: "My own account", chooseNote: "People and data here are samples; press anything.",
  stranger: "Please open the invitation link once; this browser is known from then on.", badLink: "This link is incomplete. Please open the whole link you were given.",
  busy: "Many people are coming in. Please open the link again in a minute.", notLocal: "Samples can be seen on this computer only.", trying: "No signal. You will be let in when it returns.",
  photo: "Photo", file: "File", location: "Place", cancel: "Cancel", close: "Close", ok: "OK", save: "Save", copy: "Copy",
  copied: "Copied", sendPoint: "Send this point", tryAgain: "Locate again", noFix: "The phone found no position",
  pointNote: "You may type a point (latitude, longitude), such as 38.2031, 114.0125", latlng: "latitude, longitude",
  pointWrong: "Two numbers: latitude within ±90, longitude within ±180", pointSwapped: "Latitude and longitude seem swapped",
  phone: "Phone number", phoneNote: "The bot asks for your phone number", phoneWrong: "Please check the number", sendPhone: "Send",
  accuracy: "within about {n} m", noSignalPress: "No signal, not pressed. Try again in a while", buttonGone: "This button has changed",
  stop: "Stop messages", resume: "Resume messages", stopped: "Messages are stopped", removed: "Position deleted (after 30 days)",
  failed: "Not sent: {why}", retry: "Send again", discard: "Delete", tooOld: "older than 24 hours", tooLarge: "the file is over 20 MB",
  empty: "nothing in it", tooLong: "too long", notPicture: "no picture", refused: "not accepted", waiting: "waiting for a signal", sent: "sent",
  you: "Me", bot: "Bot", spoiler: "tap to show", more: "Show more", gone: "The file is gone", keyboard: "Keys", begin: "Start",
};

export const isChinese = (navigator.language || "zh").toLowerCase().startsWith("zh");
const table = isChinese ? chinese : english;

export function say(key, values = {}) {
  return table[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// What the server refuses by code, in words.
export function refusal(code) {
  const known = { age: "tooOld", too_large: "tooLarge", empty: "empty", too_long: "tooLong", not_a_picture: "notPicture", blocked: "stopped", position: "pointWrong", phone: "phoneWrong", button_gone: "buttonGone" };
  return say(known[code] || "refused");
}

const two = (number) => String(number).padStart(2, "0");

export function clock(seconds) {
  const at = new Date(seconds * 1000);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

export function dayName(seconds) {
  const at = new Date(seconds * 1000), today = new Date();
  const days = Math.round((new Date(today.getFullYear(), today.getMonth(), today.getDate()) - new Date(at.getFullYear(), at.getMonth(), at.getDate())) / 864e5);
  if (days === 0) return say("today");
  if (days === 1) return say("yesterday");
  const year = at.getFullYear() === today.getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(isChinese ? "zh-CN" : "en-GB", { year, month: "long", day: "numeric" }).format(at);
}

export function bytes(count) {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${Math.round(count / 1024)} KB`;
  return `${(count / 1024 / 1024).toFixed(1)} MB`;
}
