// A JPEG, decoded here and not by the browser, which lays profiles over its colours, turns it, and
// computes it with other roundings than the model was trained with: that moves probabilities by one
// in a hundred. Step by step it is what libjpeg-turbo does for TensorFlow, with its faster transform.
const START_OF_SCAN = 0xDA, END_OF_IMAGE = 0xD9, TABLES = 0xDB, CODES = 0xC4, RESTARTS = 0xDD;
const JFIF = 0xE0, APP1 = 0xE1, ADOBE = 0xEE;
const MADE_UP = 10;
const NO_FRAMES = new Set([0xC4, 0xC8, 0xCC]);
// How the pixels are coded: baseline, the same with more tables, progressive.
const DECODED_FRAMES = new Set([0xC0, 0xC1, 0xC2]), PROGRESSIVE = 0xC2;

const isFrame = (marker) => marker >= 0xC0 && marker <= 0xCF && !NO_FRAMES.has(marker);
const hasNoLength = (marker) => marker === 0x01 || (marker >= 0xD0 && marker <= 0xD9);
const isKnown = (marker) => marker === 0x01 || (marker >= 0xC0 && marker <= 0xDD && marker !== 0xD8) ||
  (marker >= JFIF && marker <= 0xEF) || marker === 0xFE;
const begins = (bytes, at, text) => [...text].every((one, index) => bytes[at + index] === one.charCodeAt(0));

// The next marker at or behind a position, past fill bytes and, in a scan, past its data.
function nextMarker(bytes, position, inScan) {
  for (let at = bytes.indexOf(0xFF, position); at >= 0; at = bytes.indexOf(0xFF, at + 1)) {
    const code = bytes[at + 1];
    if (code === undefined) return null;
    if (code === 0 || code === 0xFF || (inScan && code >= 0xD0 && code <= 0xD7)) continue;
    return {code, at, end: at + 2};
  }
  return null;
}

// The segments in their order, each without its length. Damage shows before anything is decoded.
function segmentsOf(bytes) {
  const found = [];
  let position = 2, scans = 0, tidy = true;
  for (;;) {
    const marker = nextMarker(bytes, position, scans > 0);
    require(marker !== null, "it is cut off, the end of the image is missing");
    require(found.length < GIVEN.segments, `image of more than ${GIVEN.segments} segments or chunks; save it again`);
    tidy &&= bytes.subarray(position, marker.at).every((byte) => byte === 0xFF);
    if (marker.code === END_OF_IMAGE) return found;
    require(isKnown(marker.code), "damaged JPEG data: an unknown part");
    const length = hasNoLength(marker.code) ? 0 : bytes[marker.end] << 8 | bytes[marker.end + 1];
    require(length > 1 || hasNoLength(marker.code), "damaged JPEG data: an empty part");
    position = marker.end + length;
    found.push({code: marker.code, start: marker.end + 2, data: bytes.subarray(marker.end + 2, position), tidy});
    scans += marker.code === START_OF_SCAN;
    require(scans <= GIVEN.scans, `JPEG of more than ${GIVEN.scans} scans; save it again`);
  }
}

function readFrame({code, data}) {
  const [bits, high, low, wide, narrow, count] = data;
  const height = high << 8 | low, width = wide << 8 | narrow;
  requirePixels(width, height);
  require(DECODED_FRAMES.has(code), "a lossless or arithmetic JPEG, which is not decoded in a browser");
  require(bits === 8, `a JPEG of ${bits} bits a colour; 8 are decoded`);
  require([1, 3, 4].includes(count), `a JPEG of ${count} colours`);
  require(data.length === 6 + 3 * count, "damaged JPEG data: its header is not as long as it says");
  const components = Array.from({length: count}, (_, index) => {
    const [id, sampling, table] = data.subarray(6 + 3 * index, 9 + 3 * index);
    return {id, across: sampling >> 4, down: sampling & 15, table};
  });
  require(components.every(({across, down}) => across > 0 && across < 5 && down > 0 && down < 5),
    "damaged JPEG data: its header says what no JPEG is");
  return laidOut({width, height, isProgressive: code === PROGRESSIVE, components});
}

// How many blocks of 8 x 8 each colour has: those of the picture, and with those that fill it up.
function laidOut(frame) {
  const across = Math.max(...frame.components.map((one) => one.across));
  const down = Math.max(...frame.components.map((one) => one.down));
  Object.assign(frame, {across, down, columns: Math.ceil(frame.width / (8 * across)), rows: Math.ceil(frame.height / (8 * down))});
  for (const one of frame.components) {
    one.width = Math.ceil(frame.width * one.across / across);
    one.height = Math.ceil(frame.height * one.down / down);
    one.stride = frame.columns * one.across;
    one.coefficients = new Int16Array(64 * one.stride * frame.rows * one.down);
    one.quantities = null;
    // Of each wave how many bits are still to come, or all.
    one.missing = new Int8Array(64).fill(-1);
  }
  return frame;
}

function readTables(data, tables) {
  for (let at = 0; at < data.length;) {
    const isWide = data[at] >> 4 > 0, place = data[at] & 15, size = isWide ? 128 : 64;
    require(place < 4 && at + 1 + size <= data.length, "damaged JPEG data: a table that is none");
    const values = new Uint16Array(64);
    for (let index = 0; index < 64; index += 1) {
      const from = at + 1 + (isWide ? 2 * index : index);
      values[ZIGZAG[index]] = isWide ? data[from] << 8 | data[from + 1] : data[from];
    }
    tables[place] = values;
    at += 1 + size;
  }
}

function readRestarts(data) {
  require(data.length === 2, "damaged JPEG data: a part that is not as long as it says");
  return data[0] << 8 | data[1];
}

function readCodes(data, codes) {
  for (let at = 0; at < data.length;) {
    const counts = data.subarray(at + 1, at + 17), size = counts.reduce((sum, count) => sum + count, 0);
    const isWhole = (data[at] & ~16) < 4 && size <= 256 && at + 17 + size <= data.length;
    require(isWhole, "damaged JPEG data: a table that is none");
    const symbols = data.subarray(at + 17, at + 17 + size);
    require(data[at] > 3 || symbols.every((symbol) => symbol < 16), "damaged JPEG data: a table that is none");
    codes[data[at]] = codeTable(counts, symbols);
    at += 17 + size;
  }
}

async function decodeJpeg(bytes) {
  const tables = {}, codes = {};
  let frame = null, exif = null, restart = 0, transform = null, isJfif = false;
  for (const {code, start, data, tidy} of segmentsOf(bytes)) {
    if (isFrame(code)) {
      require(frame === null, "damaged JPEG data: it has two headers");
      frame = readFrame({code, data});
    } else if (code === TABLES) readTables(data, tables);
    else if (code === CODES) readCodes(data, codes);
    else if (code === RESTARTS) restart = readRestarts(data);
    else if (code === JFIF && begins(data, 0, "JFIF\0")) isJfif = true;
    else if (code === ADOBE && data.length >= 12 && begins(data, 0, "Adobe")) transform = data[11];
    else if (code === APP1 && tidy && exif === null && frame?.seen !== true && begins(data, 0, "Exif\0\0")) exif = start + 6;
    else if (code === START_OF_SCAN) {
      require(frame !== null, "damaged JPEG data: it has no header");
      readScan(frame, {bytes, start: start + data.length, data, tables, codes, restart});
    }
  }
  require(frame?.seen, "it has no pixels");
  require(frame.components.every(({quantities}) => quantities !== null), "damaged JPEG data: a colour is missing");
  // libjpeg makes one up, from what it has, where the longest waves are not whole.
  const isWhole = ({missing}) => missing.subarray(0, MADE_UP).every((bits) => bits === 0);
  require(frame.components.every(isWhole), "a progressive JPEG that is not whole, of which parts would be guessed; save it again");
  const picture = {width: frame.width, height: frame.height, data: coloured(frame, colourSpace(frame, transform, isJfif))};
  return upright(picture, exif === null ? 0 : orientation(bytes, exif));
}

// What its colours are, as libjpeg guesses it.
function colourSpace({components}, transform, isJfif) {
  const hasAdobe = transform !== null, ids = components.map(({id}) => id).join();
  if (components.length === 1) return {grey: true};
  if (components.length === 4) return {luma: hasAdobe && transform !== 0, black: true, inverted: hasAdobe};
  if (isJfif) return {luma: true};
  return {luma: hasAdobe ? transform !== 0 : ids !== "82,71,66"};
}
