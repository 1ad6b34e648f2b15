// Which class a picture is, said by who looks at it; the endpoint keeps it where it collects.
const LIKELIEST = 5;

function offerCorrections() {
  at("collects").hidden = !GIVEN.collects;
  if (GIVEN.collects) at("keeps").textContent = "The endpoint stores those that you keep for training.";
}

function showCorrection(item) {
  const offered = Boolean(GIVEN.collects && item?.answer && facts);
  at("correct").hidden = !offered;
  at("kept").textContent = offered ? item.kept ?? "" : "";
  at("kept").className = item?.notKept ? "wrong" : "";
  at("keep").disabled = Boolean(item?.keeping);
  const select = at("right");
  // A choice that was begun stays when something else of the picture changes.
  if (!offered || (select.shows === item && select.of === item.answer)) return;
  Object.assign(select, {shows: item, of: item.answer});
  const byChance = ranked(item.answer).map(([label]) => label);
  const likeliest = [...new Set(byChance.slice(0, LIKELIEST))];
  const others = [...new Set(facts.labels)].filter((label) => !likeliest.includes(label));
  const groups = [made("optgroup", {label: "Likeliest"}, ...likeliest.map(option))];
  if (others.length > 0) groups.push(made("optgroup", {label: "Others"}, ...others.map(option)));
  select.replaceChildren(...groups);
  select.value = item.keptAs ?? item.answer.predicted_label;
}

const option = (label) => made("option", {value: label, textContent: shortened(label, 60)});

async function keep() {
  const item = selected, label = at("right").value;
  Object.assign(item, {keeping: true, notKept: false, kept: "Keeping…"});
  showCorrection(item);
  try {
    const asked = new URLSearchParams({label, name: item.name});
    const response = await call(`corrections?${asked}`, {
      method: "POST", headers: {"Content-Type": "application/x-image"}, body: item.file,
    });
    if (!response.ok) throw new Error(await refusal(response));
    const {state, before} = await response.json();
    item.keptAs = label;
    item.kept = {
      new: `Kept as ${visible(label)}.`,
      there: `It is kept as ${visible(label)} already.`,
      moved: `Kept as ${visible(label)}, no longer as ${visible(before)}.`,
    }[state];
  } catch (error) {
    Object.assign(item, {notKept: true, kept: error.message});
  } finally {
    item.keeping = false;
    changed(item);
  }
}

at("keep").addEventListener("click", keep);
offerCorrections();
