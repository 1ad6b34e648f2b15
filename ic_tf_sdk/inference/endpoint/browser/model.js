// Which model it is, from /model; nothing is asked of it before that is known.
const NAMED_CLASSES = 5, NAME_CHARACTERS = 28;
let facts = null;

async function askModel() {
  for (;;) {
    try {
      const response = await requestModel();
      const answer = await response.json();
      if (response.ok) return showModel(answer);
      at("about").textContent = `${answer.description}.`;
      if (response.status !== 503) return;
    } catch (error) {
      at("about").textContent = `Which model it is cannot be said: ${error.message}.`;
      return;
    }
    await pause(1000);
  }
}

function showModel(answer) {
  facts = answer;
  const described = facts.model_id !== null;
  at("model").replaceChildren(
    described ? name(`${facts.model_id} ${facts.model_version}`) : "A model without a description",
    {fine_tuned: ", fine-tuned", pretrained: ", as it was published"}[facts.kind] ?? "");
  showAccuracy(facts.evaluation);
  at("about").replaceChildren(...classes(), `; ${trained()}.`, ...flattered(facts.evaluation));
  at("every").hidden = facts.labels.length <= BEST_LABELS;
  at("every-title").textContent = `All ${counted(facts.labels.length, "label")}`;
  showEveryLabel();
}

function showAccuracy(evaluation) {
  at("accuracy").hidden = evaluation === null;
  if (evaluation === null) return;
  const {accuracy, images, channel} = evaluation;
  const error = Math.sqrt(accuracy * (1 - accuracy) / images);
  at("accuracy").replaceChildren(
    made("strong", {textContent: percent(accuracy)}), ` of ${grouped(images)} `,
    name(channel, NAME_CHARACTERS), ` image${images === 1 ? " is" : "s are"} right `,
    made("span", {className: "soft", textContent: `(standard error ${percent(error)})`}));
}

function classes() {
  const {labels} = facts, parts = [`${grouped(labels.length)} classes: `];
  for (const label of labels.slice(0, NAMED_CLASSES)) parts.push(name(label, NAME_CHARACTERS), ", ");
  parts.pop();
  const others = labels.length - NAMED_CLASSES;
  if (others > 0) parts.push(` and ${counted(others, "other")}`);
  return parts;
}

function trained() {
  if (facts.finished !== null) {
    return `trained ${facts.finished.slice(0, 16).replace("T", " ")} UTC`;
  }
  return facts.kind === "pretrained" ? "not trained further" : "when it was trained is not recorded";
}

function flattered(evaluation) {
  if (evaluation === null) return [" How often it is right is not recorded."];
  return evaluation.channel === "validation"
    ? [" The validation images also chose what was kept, which flatters the figure a little."] : [];
}
