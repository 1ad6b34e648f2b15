// Folders: chosen, or dropped among other things; of each the images in it, also in folders below.
function isImage(path) {
  const parts = path.split("/"), file = parts.at(-1).toLowerCase();
  return GIVEN.suffixes.some((suffix) => file.endsWith(suffix)) &&
    // The first is the folder that was given.
    !parts.slice(1).some((part) => part.startsWith(".") || GIVEN.hidden.includes(part));
}

function giveFolder(files) {
  // What is hidden is passed over without a word, as `ic-tf predict` does.
  const images = files.filter(({shown}) => isImage(shown));
  images.sort((one, other) => one.shown < other.shown ? -1 : 1);
  if (images.length === 0) {
    at("session").hidden = false;
    tell(`No image there: names of images end in ${GIVEN.suffixes.join(", ")}.`);
  }
  give(images);
}

// A folder's listing comes in parts, until one is empty.
async function within(entry) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    return [Object.assign(file, {shown: entry.fullPath.slice(1)})];
  }
  const reader = entry.createReader(), files = [];
  for (;;) {
    const entries = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (entries.length === 0) return files;
    for (const one of entries) files.push(...await within(one));
  }
}

at("folder").addEventListener("change", ({target}) => {
  giveFolder([...target.files].map((file) => Object.assign(file, {shown: file.webkitRelativePath})));
  target.value = "";
});
at("choose-folder").hidden = !("webkitdirectory" in at("folder"));
// Before the page's own listener, which takes files alone.
addEventListener("drop", async (event) => {
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  at("drop").classList.remove("over");
  const plain = entries.filter((entry) => entry.isFile), folders = entries.filter((entry) => entry.isDirectory);
  try {
    if (plain.length > 0) give((await Promise.all(plain.map(within))).flat());
    giveFolder((await Promise.all(folders.map(within))).flat());
  } catch (error) {
    at("session").hidden = false;
    tell(`The folder cannot be read: ${error.message}.`);
  }
}, true);
