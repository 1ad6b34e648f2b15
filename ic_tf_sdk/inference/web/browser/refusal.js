// A picture that is refused, with the sentence that says why.
class Refusal extends Error {}

function require(condition, reason) {
  if (!condition) throw new Refusal(reason);
}

// What a file is by its first bytes, in the words of the endpoint.
function apparentKind(bytes) {
  const head = String.fromCharCode(...bytes.subarray(0, 64));
  const found = GIVEN.kinds.find(([pattern]) => new RegExp(`^(?:${pattern})`, "s").test(head));
  return found ? found[1] : "nothing known";
}

function requirePixels(width, height) {
  require(width > 0 && height > 0, "it has no pixels");
  require(width * height <= GIVEN.pixels,
    `image of ${width * height} pixels; at most ${GIVEN.pixels} are decoded in a browser`);
}
