// The coded numbers of a JPEG: of each block of 8 x 8 the strengths of its waves.
const ZIGZAG = Uint8Array.of(
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63);
const QUICK_BITS = 9, DAMAGED = "damaged JPEG data";

// Codes of up to 16 bits: the short ones in a table of all that may follow them, the others by range.
function codeTable(counts, symbols) {
  const quick = new Uint16Array(1 << QUICK_BITS), last = new Int32Array(18).fill(-1), shift = new Int32Array(18);
  let code = 0, index = 0;
  for (let length = 1; length <= 16; length += 1) {
    shift[length] = index - code;
    for (let count = counts[length - 1]; count > 0; count -= 1, code += 1, index += 1) {
      last[length] = code;
      if (length > QUICK_BITS) continue;
      const from = code << QUICK_BITS - length;
      quick.fill(length << 8 | symbols[index], from, from + (1 << QUICK_BITS - length));
    }
    // No code is of ones alone.
    require(counts[length - 1] === 0 || code < 1 << length, DAMAGED);
    code <<= 1;
  }
  return {quick, last, shift, symbols};
}

// Bits, the first of a byte first. Behind a marker there are zeros, which are counted.
class Bits {
  constructor(bytes, at) {
    Object.assign(this, {bytes, at, held: 0, count: 0, missing: 0});
  }

  fill() {
    while (this.count <= 24) {
      let byte = this.bytes[this.at];
      if (byte === 0xFF && this.bytes[this.at + 1] !== 0) {
        this.missing += 8;
        byte = 0;
      } else this.at += byte === 0xFF ? 2 : 1;
      this.held = this.held << 8 | byte;
      this.count += 8;
    }
  }

  take(length) {
    if (length === 0) return 0;
    if (this.count < length) this.fill();
    this.count -= length;
    return this.held >>> this.count & (1 << length) - 1;
  }

  // A number of so many bits, of which the first says its sign.
  signed(length) {
    const value = this.take(length);
    return length === 0 || value >> length - 1 ? value : value - (1 << length) + 1;
  }

  symbol({quick, last, shift, symbols}) {
    if (this.count < 16) this.fill();
    const found = quick[this.held >>> this.count - QUICK_BITS & (1 << QUICK_BITS) - 1];
    if (found !== 0) {
      this.count -= found >> 8;
      return found & 255;
    }
    for (let length = QUICK_BITS + 1; length <= 16; length += 1) {
      const code = this.held >>> this.count - length & (1 << length) - 1;
      if (code <= last[length]) {
        this.count -= length;
        return symbols[code + shift[length]];
      }
    }
    throw new Refusal(DAMAGED);
  }

  // Goes on behind a restart marker; nothing that was missing may have been used.
  restart(number) {
    this.end();
    while (this.bytes[this.at] === 0xFF && this.bytes[this.at + 1] === 0xFF) this.at += 1;
    require(this.bytes[this.at] === 0xFF && this.bytes[this.at + 1] === 0xD0 + number % 8, DAMAGED);
    this.at += 2;
    this.held = this.count = this.missing = 0;
  }

  end() {
    require(this.count >= this.missing, DAMAGED);
  }
}

function readScan(frame, scan) {
  const {data, codes, tables} = scan, count = data[0];
  require(count > 0 && count < 5 && data.length === 4 + 2 * count, DAMAGED);
  const parts = Array.from({length: count}, (_, index) => {
    const component = frame.components.find(({id}) => id === data[1 + 2 * index]);
    require(component !== undefined, DAMAGED);
    component.quantities ??= tables[component.table] ?? null;
    require(component.quantities !== null, DAMAGED);
    const chosen = data[2 + 2 * index];
    return {component, first: codes[chosen >> 4], others: codes[16 | chosen & 15], before: 0};
  });
  const [from, to, bits] = data.subarray(1 + 2 * count);
  const range = frame.isProgressive ? {from, to, high: bits >> 4, low: bits & 15} : {from: 0, to: 63, high: 0, low: 0};
  require(range.from <= range.to && range.to < 64 && range.low < 14, DAMAGED);
  require(range.from === 0 || count === 1, DAMAGED);
  require(!frame.isProgressive || range.from > 0 || range.to === 0, DAMAGED);
  require(range.high === 0 || range.low === range.high - 1, DAMAGED);
  for (const part of parts) {
    require(part.first !== undefined || range.from > 0 || range.high > 0, DAMAGED);
    require(part.others !== undefined || range.to === 0, DAMAGED);
  }
  for (const {component} of parts) component.missing.fill(range.low, range.from, range.to + 1);
  const state = {bits: new Bits(scan.bytes, scan.start), run: 0, ...range};
  const readBlock = blockReader(frame.isProgressive, range);
  eachUnit(frame, parts, scan.restart, state, readBlock);
  state.bits.end();
  frame.seen = true;
}

// One colour alone has the blocks of the picture; of several together each unit has some of each.
function eachUnit(frame, parts, restart, state, readBlock) {
  const alone = parts.length === 1, [{component}] = parts;
  const columns = alone ? Math.ceil(component.width / 8) : frame.columns;
  const rows = alone ? Math.ceil(component.height / 8) : frame.rows;
  let left = restart, restarts = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      if (restart > 0 && left === 0) {
        state.bits.restart(restarts);
        for (const part of parts) part.before = 0;
        [state.run, left, restarts] = [0, restart, restarts + 1];
      }
      left -= 1;
      for (const part of parts) {
        const {across, down, stride, coefficients} = part.component;
        if (alone) {
          readBlock(state, part, coefficients, 64 * (row * stride + column));
          continue;
        }
        for (let y = 0; y < down; y += 1) {
          for (let x = 0; x < across; x += 1) {
            readBlock(state, part, coefficients, 64 * ((row * down + y) * stride + column * across + x));
          }
        }
      }
    }
  }
}

function blockReader(isProgressive, {from, high}) {
  if (!isProgressive) return readWhole;
  if (from === 0) return high === 0 ? readFirst : refineFirst;
  return high === 0 ? readOthers : refineOthers;
}

function readWhole(state, part, values, at) {
  const {bits} = state;
  part.before += bits.signed(bits.symbol(part.first));
  values[at] = part.before;
  for (let index = 1; index < 64; index += 1) {
    const symbol = bits.symbol(part.others), length = symbol & 15, zeros = symbol >> 4;
    if (length === 0) {
      if (zeros !== 15) return;
      index += 15;
      continue;
    }
    index += zeros;
    if (index > 63) throw new Refusal(DAMAGED);
    values[at + ZIGZAG[index]] = bits.signed(length);
  }
}

function readFirst({bits, low}, part, values, at) {
  part.before += bits.signed(bits.symbol(part.first));
  values[at] = part.before << low;
}

function refineFirst({bits, low}, _, values, at) {
  if (bits.take(1)) values[at] |= 1 << low;
}

function readOthers(state, part, values, at) {
  const {bits, from, to, low} = state;
  if (state.run > 0) {
    state.run -= 1;
    return;
  }
  for (let index = from; index <= to; index += 1) {
    const symbol = bits.symbol(part.others), length = symbol & 15, zeros = symbol >> 4;
    if (length === 0) {
      if (zeros !== 15) {
        state.run = (1 << zeros) + bits.take(zeros) - 1;
        return;
      }
      index += 15;
      continue;
    }
    index += zeros;
    if (index > 63) throw new Refusal(DAMAGED);
    values[at + ZIGZAG[index]] = bits.signed(length) * (1 << low);
  }
}

function refineOthers(state, part, values, at) {
  const {bits, from, to, low} = state;
  let index = from;
  for (; state.run === 0 && index <= to; index += 1) {
    const symbol = bits.symbol(part.others);
    let zeros = symbol >> 4, value = 0;
    if (symbol & 15) value = bits.take(1) ? 1 << low : -1 << low;
    else if (zeros !== 15) {
      state.run = (1 << zeros) + bits.take(zeros);
      break;
    }
    for (; index <= to; index += 1) {
      const place = at + ZIGZAG[index];
      if (values[place] !== 0) refine(bits, values, place, low);
      else if ((zeros -= 1) < 0) break;
    }
    if (value !== 0) {
      if (index > 63) throw new Refusal(DAMAGED);
      values[at + ZIGZAG[index]] = value;
    }
  }
  if (state.run === 0) return;
  for (; index <= to; index += 1) {
    const place = at + ZIGZAG[index];
    if (values[place] !== 0) refine(bits, values, place, low);
  }
  state.run -= 1;
}

function refine(bits, values, place, low) {
  if (bits.take(1) && (values[place] & 1 << low) === 0) values[place] += values[place] > 0 ? 1 << low : -1 << low;
}
