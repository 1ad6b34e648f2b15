// The model: pictures in, answers out, in the form of the endpoint's JSON.
const here = (name) => new URL(name, import.meta.url);
let session = null, facts = null;

async function fetched(name) {
  const response = await fetch(here(name));
  if (!response.ok) throw new Error(`${name} cannot be loaded: ${response.status} ${response.statusText}`);
  return response;
}

async function load() {
  const [runtime, model, described] = await Promise.all(["runtime/" + GIVEN.runtime, "model.onnx", "model.json"].map(fetched));
  facts = await described.json();
  ort.env.wasm.wasmBinary = await runtime.arrayBuffer();
  // Several need headers of the server that few have.
  ort.env.wasm.numThreads = 1;
  session = await ort.InferenceSession.create(new Uint8Array(await model.arrayBuffer()), {executionProviders: ["wasm"]});
  // The first answer takes longest.
  await answer({width: 8, height: 8, data: new Uint8Array(3 * 64).fill(127)});
}

async function answer({width, height, data}) {
  const outputs = await session.run({picture: new ort.Tensor("uint8", data, [height, width, 3])});
  const probabilities = [...outputs.probabilities.data].map(shortest), {labels} = facts;
  const said = {probabilities, labels, predicted_label: labels[predicted(outputs.probabilities.data)]};
  if (probabilities.length < labels.length) said.positive_label = labels[1];
  if (outputs.unknown_score) {
    const [score] = outputs.unknown_score.data;
    Object.assign(said, {unknown: score > 0, unknown_score: shortest(score)});
  }
  for (const output of Object.values(outputs)) output.dispose();
  return said;
}

// The most probable, of equals the first; one number is that of the second of two labels.
function predicted(values) {
  if (values.length === 1) return values[0] > 0.5 ? 1 : 0;
  return values.indexOf(Math.max(...values));
}

// The fewest digits that are the same float32.
function shortest(value) {
  const exact = Math.fround(value);
  for (const digits of [6, 7, 8]) {
    const candidate = Number(exact.toPrecision(digits));
    if (Math.fround(candidate) === exact) return candidate;
  }
  return Number(exact.toPrecision(9));
}

async function answered(file) {
  if (file.size > GIVEN.bytes) return {refused: `The file has ${file.size} bytes; at most ${GIVEN.bytes} are taken.`};
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    return {answer: await answer(await decode(bytes))};
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {refused: `The image cannot be decoded: ${error.message}. Its ${bytes.length} bytes begin like ${apparentKind(bytes)}.`};
  }
}

// One at a time, in the order in which they came.
let turn = load().then(() => postMessage({loaded: true}), (error) => postMessage({failed: error.message}));
addEventListener("message", ({data: {number, file}}) => {
  turn = turn.then(() => answered(file)).then(
    (said) => postMessage({number, ...said}), (error) => postMessage({number, failed: error.message}));
});
