// What the page has in place of an endpoint: a worker beside it, with the model.
const asked = new Map();
let worker = null, loaded = null, count = 0;

// Its own address would leave the page's rules behind, so that it might ask others.
function startWorker() {
  worker?.terminate();
  const words = `import ${JSON.stringify(new URL("worker.js", location.href))};`;
  worker = new Worker(URL.createObjectURL(new Blob([words], {type: "text/javascript"})), {type: "module"});
  loaded = new Promise((done, failed) => {
    worker.onmessage = ({data}) => {
      if (data.number !== undefined) return settle(data);
      return data.loaded ? done() : failed(new Error(data.failed));
    };
    worker.onerror = (event) => {
      const broken = new Error(event.message || "this browser does not run the page's worker");
      failed(broken);
      // Nobody will answer what was asked of it.
      for (const {refuse} of asked.values()) refuse(broken);
      asked.clear();
    };
  });
}

// Nobody is there who could keep a picture for training.
function showCorrection() {}

function settle({number, failed, ...said}) {
  const waiting = asked.get(number);
  asked.delete(number);
  if (waiting === undefined) return;
  const {done, refuse} = waiting;
  if (failed === undefined) done(said);
  else refuse(new Error(failed));
}

async function requestModel() {
  startWorker();
  await loaded;
  return fetch("model.json");
}

async function send(item) {
  await loaded;
  const number = count += 1;
  const said = await new Promise((done, refuse) => {
    asked.set(number, {done, refuse});
    item.controller.signal.addEventListener("abort", () => refuse(item.controller.signal.reason));
    worker.postMessage({number, file: item.file});
  });
  if (said.answer) return new Response(JSON.stringify(said.answer));
  return new Response(JSON.stringify({title: "Refused", description: said.refused}), {status: 400});
}

const unreachable = (error) => `The model cannot answer: ${error.message}.`;

// A terminal asks `ic-tf predict`.
function showCommand() {}
