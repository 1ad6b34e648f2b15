// The answers as a table to save: the columns and the lines that `ic-tf predict --out` writes.
const FORMULA = new RegExp(`^(?:${GIVEN.formula})`, "u");

// A spreadsheet would run a text that begins like a formula; an apostrophe before it says text.
function cell(value) {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv(items) {
  const labels = [...new Set(items.flatMap((item) => item.answer?.labels ?? []))];
  const extra = items.some((item) => item.answer && "unknown" in item.answer)
    ? ["unknown", "unknown_score"] : [];
  const head = ["image", "predicted_label", "probability", "error",
    ...labels.map((label) => `probability of ${label}`), ...extra];
  const lines = [head, ...items.map((item) => cells(item, labels, extra))];
  return lines.map((line) => line.map(cell).join(",") + "\r\n").join("");
}

function cells(item, labels, extra) {
  const {answer} = item;
  if (!answer) return [item.name, "", "", item.said, ...[...labels, ...extra].map(() => "")];
  const every = new Map(ranked(answer));
  return [item.name, answer.predicted_label, ranked(answer)[0][1], "",
    ...labels.map((label) => every.get(label) ?? ""), ...extra.map((column) => shown(answer[column]))];
}

// As Python writes it.
const shown = (value) => typeof value === "boolean" ? (value ? "True" : "False") : value ?? "";

function jsonLines(items) {
  return items.map((item) => JSON.stringify(
    item.answer ? {image: item.name, ...item.answer} : {image: item.name, error: item.said}) + "\n").join("");
}

function save(file, type, written) {
  const done = pictures.filter((item) => item.state === "answered" || item.state === "refused");
  if (done.length === 0) return tell("Nothing is answered yet.");
  const address = URL.createObjectURL(new Blob([written(done)], {type}));
  made("a", {href: address, download: file}).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  tell(`${file}: ${counted(done.length, "picture")}.`);
}

at("save-csv").addEventListener("click", () => save("predictions.csv", "text/csv", csv));
at("save-lines").addEventListener("click", () => save("predictions.jsonl", "application/jsonlines", jsonLines));
