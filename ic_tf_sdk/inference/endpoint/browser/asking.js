// Pictures on their way to the endpoint: so many at once as it answers side by side.
const TRY_AGAIN = new Set([408, 425, 429, 500, 502, 503, 504]);
const waiting = [];
let open = 0;

function enqueue(items) {
  for (const item of items) Object.assign(item, {state: "waiting", said: "Waits for its turn.", again: false});
  waiting.push(...items);
  items.forEach(changed);
  next();
}

function next() {
  while (open < GIVEN.at_once && waiting.length > 0) {
    open += 1;
    ask(waiting.shift()).finally(() => { open -= 1; next(); });
  }
}

async function ask(item) {
  await modelKnown;
  if (item.gone) return;
  Object.assign(item, {state: "asking", said: "Asking…", controller: new AbortController()});
  changed(item);
  const late = setTimeout(() => item.controller.abort(), 1000 * GIVEN.seconds);
  const start = performance.now();
  try {
    if (!await canBeRead(item.file)) {
      return refuse(item, "This file cannot be read. Of a folder, give the pictures in it.");
    }
    const response = await send(item);
    const milliseconds = Math.round(performance.now() - start);
    if (!response.ok) return refuse(item, await refusal(response, item), TRY_AGAIN.has(response.status));
    take(item, await response.text(), milliseconds);
  } catch (error) {
    refuse(item, item.controller.signal.aborted
      ? `There was no answer in ${GIVEN.seconds} seconds.`
      : unreachable(error), true);
  } finally {
    clearTimeout(late);
    await thumbnail(item);
  }
}

async function canBeRead(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

// The sentence of a refusal; what stands between the page and the endpoint has none of its form.
async function refusal(response, item = {}) {
  const text = await response.text();
  try {
    const {title, description} = JSON.parse(text);
    if (description === undefined) throw new SyntaxError("no refusal");
    item.text = text;
    return `${title}: ${description}`;
  } catch {
    return `${response.status} ${response.statusText}: the answer is not the endpoint's, but of ` +
      "something in between.";
  }
}

function take(item, text, milliseconds) {
  let answer = null;
  try {
    answer = JSON.parse(text);
  } catch { /* It is told below. */ }
  if (!Array.isArray(answer?.probabilities) || !Array.isArray(answer.labels)) {
    return refuse(item, "The answer is not the endpoint's, but of something in between.", true);
  }
  // Another model answers at this address by now.
  if (facts && facts.labels.join("\n") !== answer.labels.join("\n")) askModel();
  const unknown = answer.unknown ? " Perhaps none of these." : "";
  Object.assign(item, {state: "answered", answer, text, said: `Answered in ${milliseconds} ms.${unknown}`});
  changed(item);
}

function refuse(item, said, again = false) {
  Object.assign(item, {state: "refused", said, again});
  changed(item);
}

function tryAgain(items) {
  enqueue(items.filter((item) => item.state === "refused" && item.again));
}
