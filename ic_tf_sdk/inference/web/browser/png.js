// A PNG, decoded here and not by the browser, which lays profiles over its colours, multiplies them
// by their transparency, and rounds 16 bits as it likes.
const CRITICAL = new Set(["IHDR", "PLTE", "IDAT", "IEND"]);
const ENDS = 64 * 1024;
// Colours of a pixel as stored, by the colour type; and the depths that it may have.
const CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4};
const DEPTHS = {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]};
const PALETTE = 3;
// Of the seven passes of an interlaced picture: where it begins, and its steps.
const PASSES = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];
const CRC = Uint32Array.from({length: 256}, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xEDB88320 ^ value >>> 1 : value >>> 1;
  return value;
});

function checksum(bytes) {
  let value = 0xFFFFFFFF;
  for (let at = 0; at < bytes.length; at += 1) value = CRC[(value ^ bytes[at]) & 255] ^ value >>> 8;
  return ~value >>> 0;
}

// The chunks that count, the compressed pixels in their order, and where the EXIF begins.
function readPng(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = {chunks: {}, pixels: [], exif: null};
  let position = 8, parts = 0, texts = 0, last = "";
  for (let name = ""; name !== "IEND";) {
    require(position + 12 <= bytes.length, "it is cut off, the end of the image is missing");
    require((parts += 1) <= GIVEN.chunks, `image of more than ${GIVEN.chunks} segments or chunks; save it again`);
    const length = view.getUint32(position);
    name = String.fromCharCode(...bytes.subarray(position + 4, position + 8));
    require(parts > 1 || name !== "CgBI", GIVEN.ios_png);
    require(parts > 1 || name === "IHDR", "damaged PNG data: it does not begin with its header");
    const end = position + 8 + length;
    require(end + 4 <= bytes.length, "it is cut off, the end of the image is missing");
    const whole = () => checksum(bytes.subarray(position + 4, end)) === view.getUint32(end);
    const data = bytes.subarray(position + 8, end);
    require(CRITICAL.has(name) || /^[a-z][A-Za-z]{3}$/.test(name), "damaged PNG data: an unknown part");
    if (CRITICAL.has(name)) require(whole(), `damaged PNG data: the checksum of ${name} is wrong`);
    require(name !== "IHDR" || parts === 1, "damaged PNG data: it has two headers");
    require(name !== "IDAT" || found.pixels.length === 0 || last === "IDAT", "damaged PNG data: its pixels are not in one piece");
    require(name !== "PLTE" || length % 3 === 0, "damaged PNG data: its palette is too short");
    last = name;
    if (name === "IDAT") found.pixels.push(data);
    else if (["IHDR", "PLTE"].includes(name) || (name === "tRNS" && whole())) found.chunks[name] ??= data;
    else if (name === "eXIf") found.exif ??= position + 8;
    texts += ["zTXt", "iCCP"].includes(name) || (name === "iTXt" && data[data.indexOf(0) + 1] === 1);
    require(texts <= GIVEN.texts, `PNG with more than ${GIVEN.texts} compressed texts and profiles; save it again`);
    position = end + 4;
  }
  if (!hasExif(bytes)) found.exif = null;
  return found;
}

// Looked for in the ends of a file alone, as the model does.
function hasExif(bytes) {
  const decoder = new TextDecoder("latin1");
  return [bytes.subarray(0, ENDS), bytes.subarray(Math.max(bytes.length - ENDS, 0))]
    .some((end) => /eXIf(?:II|MM)/.test(decoder.decode(end)));
}

function readHeader(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  require(data.length === 13, "damaged PNG data: its header is too short");
  const [depth, colour, compression, filter, interlaced] = data.subarray(8);
  require(DEPTHS[colour]?.includes(depth) && compression === 0 && filter === 0 && interlaced < 2,
    "damaged PNG data: its header says what no PNG is");
  const width = view.getUint32(0), height = view.getUint32(4);
  requirePixels(width, height);
  return {width, height, depth, colour, interlaced, channels: CHANNELS[colour]};
}

async function decodePng(bytes) {
  const {chunks, pixels, exif} = readPng(bytes);
  const header = readHeader(chunks.IHDR);
  require(header.colour !== PALETTE || chunks.PLTE, "damaged PNG data: its palette is missing");
  require(pixels.length > 0, "it has no pixels");
  const passes = header.interlaced
    ? PASSES.map(([left, top, across, down]) => ({left, top, across, down}))
    : [{left: 0, top: 0, across: 1, down: 1}];
  for (const pass of passes) {
    pass.columns = Math.max(0, Math.ceil((header.width - pass.left) / pass.across));
    pass.rows = pass.columns ? Math.max(0, Math.ceil((header.height - pass.top) / pass.down)) : 0;
    pass.stride = Math.ceil(pass.columns * header.channels * header.depth / 8);
  }
  const size = passes.reduce((sum, pass) => sum + pass.rows * (pass.stride + 1), 0);
  const rows = await inflated(pixels, size);
  const picture = {width: header.width, height: header.height, data: new Uint8Array(3 * header.width * header.height)};
  const alpha = new Uint8Array(header.width * header.height).fill(255);
  const put = pixelWriter(header, chunks, picture.data, alpha);
  let start = 0;
  for (const pass of passes) {
    unfilter(rows, start, pass, Math.max(1, header.channels * header.depth / 8));
    for (let row = 0; row < pass.rows; row += 1) {
      const to = (pass.top + row * pass.down) * header.width + pass.left;
      put(rows, start + row * (pass.stride + 1) + 1, pass, to);
    }
    start += pass.rows * (pass.stride + 1);
  }
  onWhite(picture.data, alpha, header, chunks);
  return upright(picture, exif === null ? 0 : orientation(bytes, exif));
}

// So many bytes of the compressed pixels and no more, whatever the file would unpack to.
async function inflated(parts, size) {
  const result = new Uint8Array(size);
  const reader = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  let length = 0;
  try {
    for (;;) {
      const {done, value} = await reader.read();
      if (done) break;
      result.set(value.subarray(0, size - length), length);
      length = Math.min(size, length + value.length);
    }
  } catch {
    throw new Refusal("damaged PNG data");
  }
  require(length === size, "it is cut off, pixels are missing");
  return result;
}

// Rows are stored as differences to what stands left of them and above.
function unfilter(data, start, {rows, stride}, step) {
  let above = null;
  for (let row = 0; row < rows; row += 1) {
    const at = start + row * (stride + 1), kind = data[at];
    const line = data.subarray(at + 1, at + 1 + stride);
    require(kind < 5, "damaged PNG data: a row of an unknown kind");
    for (let x = 0; kind > 0 && x < stride; x += 1) {
      const left = x >= step ? line[x - step] : 0, up = above ? above[x] : 0;
      const corner = above && x >= step ? above[x - step] : 0;
      line[x] += kind === 1 ? left : kind === 2 ? up : kind === 3 ? left + up >> 1 : nearest(left, up, corner);
    }
    above = line;
  }
}

function nearest(left, up, corner) {
  const guess = left + up - corner;
  const a = Math.abs(guess - left), b = Math.abs(guess - up), c = Math.abs(guess - corner);
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

// Writes a stored row as 8-bit colours: of 16 bits the upper ones, of fewer all of the range.
function pixelWriter({depth, colour, channels}, {PLTE, tRNS}, colours, alpha) {
  const most = 2 ** Math.min(depth, 8) - 1, key = transparent(colour, tRNS), raw = [0, 0, 0, 0];
  const isGrey = colour === 0 || colour === 4, hasAlpha = colour === 4 || colour === 6;
  const scaled = (value) => depth === 16 ? value >> 8 : depth < 8 ? value * 255 / most : value;
  return (data, start, {columns, across}, to) => {
    for (let column = 0; column < columns; column += 1, to += across) {
      for (let channel = 0; channel < channels; channel += 1) {
        raw[channel] = sample(data, start, column * channels + channel, depth);
      }
      const place = 3 * to;
      if (colour === PALETTE) {
        for (let channel = 0; channel < 3; channel += 1) colours[place + channel] = PLTE[3 * raw[0] + channel] ?? 0;
        if (tRNS && raw[0] < tRNS.length) alpha[to] = tRNS[raw[0]];
        continue;
      }
      for (let channel = 0; channel < 3; channel += 1) colours[place + channel] = scaled(raw[isGrey ? 0 : channel]);
      if (hasAlpha) alpha[to] = scaled(raw[channels - 1]);
      else if (key?.every((value, channel) => value === raw[channel])) alpha[to] = 0;
    }
  };
}

function sample(data, start, index, depth) {
  if (depth === 8) return data[start + index];
  if (depth === 16) return data[start + 2 * index] << 8 | data[start + 2 * index + 1];
  const bit = index * depth;
  return data[start + (bit >> 3)] >> 8 - depth - (bit & 7) & (1 << depth) - 1;
}

// The one colour that is transparent in a picture without a channel for it.
function transparent(colour, data) {
  if (!data || colour === PALETTE) return null;
  const words = colour === 0 ? 1 : 3;
  if (data.length < 2 * words) return null;
  return Array.from({length: words}, (_, index) => data[2 * index] << 8 | data[2 * index + 1]);
}

function onWhite(colours, alpha, {depth, colour}, {tRNS}) {
  if (colour !== 4 && colour !== 6 && !tRNS) return;
  const least = alpha.reduce((one, other) => Math.min(one, other), 255);
  // The model takes such a picture for one without transparency.
  if (least === (depth < 8 ? 2 ** depth - 1 : 255)) return;
  for (let pixel = 0; pixel < alpha.length; pixel += 1) {
    const share = alpha[pixel];
    if (share === 255) continue;
    for (let place = 3 * pixel; place < 3 * pixel + 3; place += 1) {
      colours[place] = Math.round((colours[place] * share + 255 * (255 - share)) / 255);
    }
  }
}
