// Names and numbers as they are shown, whatever a file or a class is called.
const at = (id) => document.getElementById(id);
const UNSEEN = new RegExp(`[${GIVEN.unseen}]`, "gu");
const SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"};

// What is no character but a command becomes an escape, as everywhere in the package.
function visible(text) {
  return String(text).replace(UNSEEN, (one) => SHORT_ESCAPES[one] ?? escaped(one.codePointAt(0)));
}

function escaped(code) {
  const digits = code.toString(16);
  return code < 256 ? `\\x${digits.padStart(2, "0")}` : `\\u${digits.padStart(4, "0")}`;
}

// Without the middle of what is too long: the ends tell most.
function shortened(text, most) {
  const seen = [...visible(text)];
  if (seen.length <= most) return seen.join("");
  return `${seen.slice(0, most - 9).join("")}…${seen.slice(-8).join("")}`;
}

function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// A name beside which nothing changes its place, whichever direction it is written in.
const name = (text, most = Infinity) => made("bdi", {}, shortened(text, most));
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const grouped = (count) => count.toLocaleString("en");
const counted = (count, word) => `${grouped(count)} ${word}${count === 1 ? "" : "s"}`;
const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));
