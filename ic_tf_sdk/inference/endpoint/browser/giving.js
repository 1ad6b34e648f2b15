// The ways by which a picture comes, and the start of the page.
for (const input of [at("file"), at("capture")]) {
  input.addEventListener("change", () => { give(input.files); input.value = ""; });
}
for (const kind of ["dragenter", "dragover"]) {
  addEventListener(kind, (event) => { event.preventDefault(); at("drop").classList.add("over"); });
}
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) at("drop").classList.remove("over");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  at("drop").classList.remove("over");
  give(event.dataTransfer.files);
});
addEventListener("paste", (event) => give(event.clipboardData.files));
at("room").textContent = `Up to ${GIVEN.pictures}, ${GIVEN.at_once} at a time.`;
showCommand(null);
offerCamera();
const modelKnown = askModel();
