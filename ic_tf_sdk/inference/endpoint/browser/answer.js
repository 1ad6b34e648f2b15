// The answer for the picture that is looked at.
const BEST_LABELS = 5, MOST_ROWS = 200;

// [label, probability], the most probable first; of binary mode both labels.
function ranked(answer) {
  const numbers = answer.probabilities;
  const both = numbers.length === 1 && answer.labels.length === 2
    ? [1 - numbers[0], numbers[0]] : numbers;
  return answer.labels.map((label, index) => [label, both[index]]).sort((a, b) => b[1] - a[1]);
}

function row([label, probability]) {
  const line = made("tr", {}, made("th", {scope: "row"}, name(label)));
  if (probability === undefined) return line;
  const bar = made("span");
  bar.style.width = `${100 * probability}%`;
  const cell = made("td", {className: "bar"}, bar);
  cell.setAttribute("aria-hidden", "true");
  line.append(cell, made("td", {className: "number", textContent: percent(probability)}));
  return line;
}

function showResult(item) {
  const all = item?.answer ? ranked(item.answer) : [];
  at("name").replaceChildren(item ? name(item.name) : "");
  at("status").textContent = item ? item.said : "No image yet.";
  at("status").className = item?.state === "refused" ? "wrong" : "soft";
  at("best").replaceChildren(item?.answer ? name(item.answer.predicted_label) : "");
  at("labels").hidden = all.length === 0;
  at("labels").tBodies[0].replaceChildren(...all.slice(0, BEST_LABELS).map(row));
  const others = all.length - BEST_LABELS;
  at("more").textContent = others > 0 ? `and ${counted(others, "other label")}` : "";
  at("json").textContent = item?.text ? visibleLines(item.text) : "–";
  showCommand(item);
  at("again").hidden = !(item?.state === "refused" && item.again);
  at("result").setAttribute("aria-busy", String(item?.state === "asking"));
  showPicture(item);
  showExplanation(item);
  showCorrection(item);
  showEveryLabel();
}

function visibleLines(text) {
  return text.split("\n").map(visible).join("\n");
}

function showPicture(item) {
  const picture = at("picture");
  if (picture.shows === item && item) return;
  if (picture.own) URL.revokeObjectURL(picture.own);
  Object.assign(picture, {shows: item, own: null, hidden: true});
  picture.removeAttribute("src");
  if (!item) return;
  picture.own = URL.createObjectURL(item.file);
  picture.alt = `The picture ${visible(item.name)}`;
  picture.onload = () => { picture.hidden = false; };
  picture.src = picture.own;
}

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// Every label that the search finds, with its probability once there is an answer.
function showEveryLabel() {
  if (facts === null || facts.labels.length <= BEST_LABELS) return;
  const asked = plain(at("search").value.trim());
  const all = selected?.answer ? ranked(selected.answer) : facts.labels.map((label) => [label]);
  const found = all.filter(([label]) => plain(visible(label)).includes(asked));
  at("every-label").tBodies[0].replaceChildren(...found.slice(0, MOST_ROWS).map(row));
  const cut = found.length > MOST_ROWS ? `; the first ${MOST_ROWS} are shown, search for others` : "";
  at("found").textContent = `${grouped(found.length)} of ${counted(all.length, "label")}${cut}`;
}

at("search").addEventListener("input", showEveryLabel);
