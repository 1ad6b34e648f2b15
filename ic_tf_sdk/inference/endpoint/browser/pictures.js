// The pictures of the session, in the order in which they were given: they are here alone.
const THUMBNAIL_PIXELS = 224;
const pictures = [];
let selected = null, leftOut = "";

function give(list) {
  const files = [...list ?? []];
  if (files.length === 0) return;
  const taken = files.slice(0, GIVEN.pictures - pictures.length).map(pictureOf);
  pictures.push(...taken);
  // The newest stand first, those that came together in their own order.
  at("pictures").prepend(...taken.map((item) => made("li", {}, item.card)));
  at("session").hidden = false;
  if (taken.length > 0) select(taken[0]);
  enqueue(taken);
  const left = files.length - taken.length;
  if (left > 0) {
    leftOut = ` ${counted(left, "picture")} left out: ${GIVEN.pictures} are taken at most; clear them to go on.`;
    tell(leftOut);
  }
}

function pictureOf(file) {
  // Of a folder a picture is called by its path.
  const item = {file, name: file.shown ?? file.name, said: "", answer: null};
  const frame = made("span", {className: "frame"});
  const title = made("span", {className: "title"}, name(item.name, 60));
  item.card = made("button", {type: "button", className: "card"}, frame, title, made("span"));
  item.card.addEventListener("click", () => select(item));
  return item;
}

function select(item) {
  selected?.card.removeAttribute("aria-current");
  selected = item;
  item?.card.setAttribute("aria-current", "true");
  showResult(item);
}

// Shows what became of a picture, wherever it stands.
function changed(item) {
  if (item.gone) return;
  const said = item.card.lastChild;
  said.className = item.state === "refused" ? "said wrong" : item.answer ? "said" : "soft";
  said.replaceChildren(...item.state === "answered" ? inShort(item) : [item.said]);
  if (item === selected) showResult(item);
  showProgress();
}

function inShort({answer, keptAs}) {
  const probability = percent(ranked(answer)[0][1]);
  const unknown = answer.unknown ? ", perhaps none of these" : "";
  const kept = keptAs === undefined ? [] : [made("br"), "kept as ", name(keptAs, 40)];
  return [name(answer.predicted_label, 40), ` ${probability}${unknown}`, ...kept];
}

function showProgress() {
  const done = pictures.filter((item) => item.state === "answered" || item.state === "refused");
  const refused = done.filter((item) => item.state === "refused");
  const again = refused.filter((item) => item.again);
  const busy = done.length < pictures.length;
  Object.assign(at("progress"), {hidden: !busy, max: Math.max(1, pictures.length), value: done.length});
  at("retry").hidden = again.length === 0;
  at("retry").textContent = again.length === 1 ? "Try 1 picture again" : `Try ${again.length} pictures again`;
  // Told once all are done, and not a hundred times.
  if (!busy && pictures.length > 0) {
    tell(`${counted(done.length - refused.length, "picture")} answered` +
      (refused.length > 0 ? `, ${refused.length} refused.` : ".") + leftOut);
  }
}

// The same once more would be read out once more.
function tell(sentence) {
  if (at("told").textContent !== sentence) at("told").textContent = sentence;
}

// A small copy, so that a hundred photos do not fill the memory with their pixels.
async function thumbnail(item) {
  if (item.gone || item.thumb || item.unseen) return;
  try {
    const bitmap = await createImageBitmap(item.file, {resizeWidth: THUMBNAIL_PIXELS});
    const scale = Math.min(1, THUMBNAIL_PIXELS / bitmap.height);
    const canvas = made("canvas", {
      width: Math.max(1, Math.round(bitmap.width * scale)),
      height: Math.max(1, Math.round(bitmap.height * scale)),
    });
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const small = await new Promise((done) => canvas.toBlob(done, "image/png"));
    if (item.gone) return;
    item.thumb = URL.createObjectURL(small);
    item.card.firstChild.replaceChildren(made("img", {alt: "", src: item.thumb}));
  } catch {
    item.unseen = true;
    item.card.firstChild.textContent = "no picture";
  }
}

function clear() {
  waiting.length = 0;
  for (const item of pictures) {
    item.gone = true;
    item.controller?.abort();
    for (const address of [item.thumb, item.heat]) if (address) URL.revokeObjectURL(address);
  }
  pictures.length = 0;
  leftOut = "";
  at("pictures").replaceChildren();
  at("session").hidden = true;
  select(null);
  tell("");
  at("file").focus();
}

at("clear").addEventListener("click", clear);
at("again").addEventListener("click", () => {
  const item = selected;
  at("result").focus({preventScroll: true});
  tryAgain([item]);
});
at("retry").addEventListener("click", () => {
  at("session-title").focus({preventScroll: true});
  tryAgain(pictures);
});
