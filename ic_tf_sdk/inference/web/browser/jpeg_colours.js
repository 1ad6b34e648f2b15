// From a JPEG's waves to its colours, with the whole numbers and the roundings of libjpeg-turbo:
// jidctfst.c, jdsample.c and jdcolor.c.
const PRODUCTS = Int32Array.of(
  16384, 22725, 21407, 19266, 16384, 12873, 8867, 4520, 22725, 31521, 29692, 26722, 22725, 17855, 12299, 6270,
  21407, 29692, 27969, 25172, 21407, 16819, 11585, 5906, 19266, 26722, 25172, 22654, 19266, 15137, 10426, 5315,
  16384, 22725, 21407, 19266, 16384, 12873, 8867, 4520, 12873, 17855, 16819, 15137, 12873, 10114, 6967, 3552,
  8867, 12299, 11585, 10426, 8867, 6967, 4799, 2446, 4520, 6270, 5906, 5315, 4520, 3552, 2446, 1247);

// A product with a constant of 8 bits, as the processor's units for several numbers at once make it:
// of 14 bits, which only damaged files need more than.
const times = (value, constant) => (value << 18 >> 16) * constant >> 10;

// One line of eight of the transform by Arai, Agui and Nakajima, in numbers of 16 bits.
function transformed(line, at, step) {
  const a = line[at], b = line[at + step], c = line[at + 2 * step], d = line[at + 3 * step];
  const e = line[at + 4 * step], f = line[at + 5 * step], g = line[at + 6 * step], h = line[at + 7 * step];
  const sum = a + e, difference = a - e, outer = c + g, inner = times(c - g, 362) - outer;
  const even0 = sum + outer, even3 = sum - outer, even1 = difference + inner, even2 = difference - inner;
  const z13 = f + d, z10 = f - d, z11 = b + h, z12 = b - h;
  const odd7 = z11 + z13, middle = times(z11 - z13, 362), z5 = times(z10 + z12, 473);
  const odd6 = times(z10, -413) - z10 + z5 - odd7, odd5 = middle - odd6, odd4 = times(z12, 277) - z5 + odd5;
  line[at] = even0 + odd7;
  line[at + 7 * step] = even0 - odd7;
  line[at + step] = even1 + odd6;
  line[at + 6 * step] = even1 - odd6;
  line[at + 2 * step] = even2 + odd5;
  line[at + 5 * step] = even2 - odd5;
  line[at + 4 * step] = even3 + odd4;
  line[at + 3 * step] = even3 - odd4;
}

// The pixels of one colour as stored: whole blocks, of which the last may stick out.
function samples({coefficients, quantities, stride}) {
  const factors = PRODUCTS.map((scale, index) => quantities[index] * scale + 2048 >> 12);
  const width = 8 * stride, pixels = new Uint8ClampedArray(coefficients.length), block = new Int16Array(64);
  for (let from = 0, number = 0; from < coefficients.length; from += 64, number += 1) {
    for (let index = 0; index < 64; index += 1) block[index] = coefficients[from + index] * factors[index];
    for (let column = 0; column < 8; column += 1) transformed(block, column, 8);
    for (let row = 0; row < 64; row += 8) transformed(block, row, 1);
    let to = Math.floor(number / stride) * 8 * width + number % stride * 8;
    for (let index = 0; index < 64; index += 8, to += width) {
      for (let column = 0; column < 8; column += 1) pixels[to + column] = (block[index + column] >> 5) + 128;
    }
  }
  return {pixels, width};
}

// What writes a row of one colour in the picture's size; it is smoothed where libjpeg smooths it.
function enlarger(frame, component) {
  const {pixels, width} = samples(component);
  const wide = frame.across / component.across, tall = frame.down / component.down;
  require(Number.isInteger(wide) && Number.isInteger(tall), "a JPEG of colours in sizes that do not fit each other");
  const row = (y) => Math.min(Math.max(y, 0), component.height - 1) * width;
  const smooth = component.width > 2;
  if (wide === 2 && tall === 1 && smooth) return (y, out) => widen(pixels, row(y), component.width, out);
  if (wide === 1 && tall === 2) return (y, out) => heighten(pixels, row(y >> 1), row((y >> 1) + (y & 1 ? 1 : -1)), y & 1, component.width, out);
  if (wide === 2 && tall === 2 && smooth) return (y, out) => grow(pixels, row(y >> 1), row((y >> 1) + (y & 1 ? 1 : -1)), component.width, out);
  return (y, out) => {
    const start = row(Math.floor(y / tall));
    for (let x = 0; x < frame.width; x += 1) out[x] = pixels[start + Math.floor(x / wide)];
  };
}

function widen(pixels, at, count, out) {
  const last = count - 1;
  for (let x = 0; x < count; x += 1) {
    const value = 3 * pixels[at + x];
    out[2 * x] = x === 0 ? pixels[at] : value + pixels[at + x - 1] + 1 >> 2;
    out[2 * x + 1] = x === last ? pixels[at + x] : value + pixels[at + x + 1] + 2 >> 2;
  }
}

function heighten(pixels, near, far, isLower, count, out) {
  const half = isLower ? 2 : 1;
  for (let x = 0; x < count; x += 1) out[x] = 3 * pixels[near + x] + pixels[far + x] + half >> 2;
}

function grow(pixels, near, far, count, out) {
  const last = count - 1;
  let before = 0, value = 3 * pixels[near] + pixels[far];
  for (let x = 0; x < count; x += 1) {
    const after = x === last ? 0 : 3 * pixels[near + x + 1] + pixels[far + x + 1];
    out[2 * x] = x === 0 ? 4 * value + 8 >> 4 : 3 * value + before + 8 >> 4;
    out[2 * x + 1] = x === last ? 4 * value + 7 >> 4 : 3 * value + after + 7 >> 4;
    before = value;
    value = after;
  }
}

const TO_RED = Int32Array.from({length: 256}, (_, value) => 91881 * (value - 128) + 32768 >> 16);
const TO_BLUE = Int32Array.from({length: 256}, (_, value) => 116130 * (value - 128) + 32768 >> 16);
const clamped = (value) => value < 0 ? 0 : value > 255 ? 255 : value;

function coloured(frame, space) {
  const {width, height, components} = frame;
  const rows = components.map((one) => enlarger(frame, one));
  // A row may be two longer than the picture.
  const lines = components.map(() => new Uint8Array(width + 8));
  const result = new Uint8Array(3 * width * height);
  const write = space.grey ? writeGrey : space.black ? writeWithBlack : writeColours;
  for (let y = 0; y < height; y += 1) {
    rows.forEach((row, index) => row(y, lines[index]));
    write(lines, space, width, result, 3 * width * y);
  }
  return result;
}

function writeGrey([grey], _, width, result, to) {
  for (let x = 0; x < width; x += 1, to += 3) result[to] = result[to + 1] = result[to + 2] = grey[x];
}

function writeColours([first, second, third], {luma}, width, result, to) {
  for (let x = 0; x < width; x += 1, to += 3) {
    const a = first[x], b = second[x], c = third[x];
    result[to] = luma ? clamped(a + TO_RED[c]) : a;
    result[to + 1] = luma ? clamped(a + (32768 - 22554 * (b - 128) - 46802 * (c - 128) >> 16)) : b;
    result[to + 2] = luma ? clamped(a + TO_BLUE[b]) : c;
  }
}

// Printing colours: TensorFlow mixes them so, Photoshop's with an Adobe mark the other way round.
function writeWithBlack([first, second, third, black], {luma, inverted}, width, result, to) {
  const ink = new Uint8Array(3);
  for (let x = 0; x < width; x += 1, to += 3) {
    const a = first[x], b = second[x], c = third[x];
    ink[0] = luma ? 255 - clamped(a + TO_RED[c]) : a;
    ink[1] = luma ? 255 - clamped(a + (32768 - 22554 * (b - 128) - 46802 * (c - 128) >> 16)) : b;
    ink[2] = luma ? 255 - clamped(a + TO_BLUE[b]) : c;
    for (let channel = 0; channel < 3; channel += 1) {
      const share = inverted ? black[x] * ink[channel] : (255 - black[x]) * (255 - ink[channel]);
      result[to + channel] = Math.floor(share / 255);
    }
  }
}
