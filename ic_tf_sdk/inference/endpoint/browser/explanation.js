// Where the model looks in the picture that is looked at, on demand; once for each picture.
function showExplanation(item) {
  const button = at("explain");
  button.hidden = !(GIVEN.explains && item?.answer);
  button.disabled = Boolean(item?.explaining);
  button.textContent = item?.showsHeat ? "Show the picture itself" : "Show where the model looks";
  at("explained").textContent = item?.explained ?? "";
  if (item?.heat) at("picture").src = item.showsHeat ? item.heat : at("picture").own;
}

async function explain() {
  const item = selected;
  if (item.heat) {
    item.showsHeat = !item.showsHeat;
    item.explained = item.showsHeat ? item.meaning : "";
    showExplanation(item);
    return;
  }
  Object.assign(item, {explaining: true, explained: "Looking…"});
  showExplanation(item);
  try {
    const response = await call("explanations", {
      method: "POST", headers: {"Content-Type": "application/x-image"}, body: item.file,
    });
    if (!response.ok) throw new Error(await refusal(response));
    const content = await response.blob();
    if (item.gone) return;
    item.heat = URL.createObjectURL(content);
    item.meaning = `Red is what the answer ${visible(decodeURIComponent(response.headers.get("X-Label")))} hangs on.`;
    Object.assign(item, {showsHeat: true, explained: item.meaning});
  } catch (error) {
    item.explained = error.message;
  } finally {
    item.explaining = false;
    if (item === selected) showExplanation(item);
  }
}

at("explain").addEventListener("click", explain);
