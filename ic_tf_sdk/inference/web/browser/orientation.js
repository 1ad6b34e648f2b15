// The EXIF orientation, read and applied as the exported model does: browsers differ in both.
const MOST_TIFF = 64 * 1024, MOST_ENTRIES = 1024, ORIENTATION_TAG = 0x0112, LONG = 4;
const ROWS_MIRRORED = new Set([3, 4, 7, 8]), COLUMNS_MIRRORED = new Set([2, 3, 6, 7]);

// The tag of the TIFF header that begins at start, 1 to 8; 0 where there is none. What is missing
// of it counts as 0.
function orientation(bytes, start) {
  const tiff = new Uint8Array(MOST_TIFF + 8 + 12 * (MOST_ENTRIES + 1));
  const found = bytes.subarray(start, start + MOST_TIFF);
  tiff.set(found);
  const view = new DataView(tiff.buffer), little = tiff[0] === 0x49;
  const directory = Math.min(Math.max(view.getInt32(4, little), 0), found.length + 8);
  const count = Math.min(view.getUint16(directory, little), MOST_ENTRIES);
  let value = 0;
  for (let index = 0; index < count; index += 1) {
    const entry = directory + 2 + 12 * index;
    if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue;
    const long = view.getUint16(entry + 2, little) === LONG;
    value = Math.max(value, long ? view.getInt32(entry + 8, little) : view.getUint16(entry + 8, little));
  }
  return value > 8 ? 0 : value;
}

// Turns and mirrors a picture of 3 bytes a pixel.
function upright({width, height, data}, turn) {
  if (turn < 2) return {width, height, data};
  const swapped = turn > 4, [rows, columns] = swapped ? [width, height] : [height, width];
  const turned = new Uint8Array(data.length);
  let to = 0;
  for (let row = 0; row < rows; row += 1) {
    const y = ROWS_MIRRORED.has(turn) ? rows - 1 - row : row;
    for (let column = 0; column < columns; column += 1) {
      const x = COLUMNS_MIRRORED.has(turn) ? columns - 1 - column : column;
      const from = 3 * (swapped ? x * width + y : y * width + x);
      turned[to] = data[from];
      turned[to + 1] = data[from + 1];
      turned[to + 2] = data[from + 2];
      to += 3;
    }
  }
  return {width: columns, height: rows, data: turned};
}
