// From a file's bytes to an upright picture, the same pixels as the exported model's decoder gives.
async function decode(bytes) {
  if (bytes[0] === 0xFF && bytes[1] === 0xD8 && bytes[2] === 0xFF) return decodeJpeg(bytes);
  require("\x89PNG\r\n\x1a\n".split("").every((one, index) => bytes[index] === one.charCodeAt(0)),
    "not a JPEG or PNG image");
  return decodePng(bytes);
}
