// How the page asks the endpoint; a page without one has other functions of these names.
const requestModel = () => call("model");

function send(item) {
  const accept = "application/json;verbose" + (facts?.unknown ? ";unknown=true" : "");
  return call("invocations", {
    method: "POST", signal: item.controller.signal, body: item.file,
    headers: {"Content-Type": "application/x-image", "Accept": accept},
  });
}

const unreachable = (error) => `The endpoint cannot be reached: ${error.message}.`;

function showCommand(item) {
  at("curl").textContent = command(item ? item.name : "photo.jpg");
}

function command(file) {
  const quoted = "'" + ("@" + file).replaceAll("'", "'\\''") + "'";
  return "curl -H 'Content-Type: application/x-image' -H 'Accept: application/json;verbose' " +
    (token === "" ? "" : '-H "Authorization: Bearer $IC_TF_SDK_ENDPOINT_TOKEN" ') +
    `--data-binary ${visible(quoted)} ${new URL("invocations", location.href)}`;
}

at("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(at("curl").textContent);
    at("copied").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(at("curl"));
    at("copied").textContent = "Selected; press Ctrl+C.";
  }
});
