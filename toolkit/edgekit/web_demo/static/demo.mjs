// Runs every model file of the page on one picture at a time: a test image, a photo, or frames of the camera.

const NUM_ROWS = 5;
const NUM_RUNS = 5;
const NUM_WARM_UPS = 3; // the first runs of a file are slower
const NUM_FRAMES = 15; // of the camera, of which the median time is shown
const MAX_THREADS = 4;

const $ = (query, inside = document) => inside.querySelector(query);
const percent = (score) => `${(100 * score).toFixed(1)} %`;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const beside = (path) => new URL(path, document.baseURI).href;
const nextFrame = () => new Promise((resolve) => requestAnimationFrame(() => resolve()));

// Threads of WebAssembly need a page that the server's headers isolate; "python -m http.server" sends none.
const numThreads = globalThis.crossOriginIsolated ? Math.min(MAX_THREADS, navigator.hardwareConcurrency || 1) : 1;

const LOADERS = {
  async litert() {
    const litert = await import("@litertjs/core");
    const threads = numThreads > 1 && (await litert.supportsFeature("relaxedSimd"));
    await litert.loadLiteRt(new URL("packages/@litertjs/core/wasm/", document.baseURI).pathname, { threads });
    return litert;
  },
  async ort() {
    const ort = await import("onnxruntime-web");
    ort.env.wasm.wasmPaths = beside("packages/onnxruntime-web/dist/");
    ort.env.wasm.numThreads = numThreads;
    return ort;
  },
};

const demo = await (await load("demo.json")).json();
const models = [];
let turn = 0; // of the newest picture: an older one that is still running stops
let camera = null;

async function load(path) {
  const answer = await fetch(beside(path));
  if (!answer.ok) throw new Error(`${path} is missing (${answer.status}). Make the page again.`);
  return answer;
}

async function start() {
  const runtimes = {};
  for (const entry of demo.models) {
    const card = document.getElementById(entry.key);
    say(`Loading ${entry.precision} in ${entry.runtime_name}…`);
    try {
      runtimes[entry.runtime] ??= LOADERS[entry.runtime]();
      const [runtime, code, answer] = await Promise.all([runtimes[entry.runtime], import(beside(entry.code)), load(entry.file)]);
      const classifier = await code.Classifier.load(runtime, new Uint8Array(await answer.arrayBuffer()));
      const black = new code.InputArray(code.INPUT_SHAPE.reduce((a, b) => a * b, 1));
      for (let run = 0; run < NUM_WARM_UPS; run++) await classifier.run(black);
      models.push({ ...entry, card, code, classifier, times: [] });
      card.dataset.state = "ready";
      $(".top", card).textContent = "ready";
    } catch (error) {
      fail(card, error);
    }
  }
  $("#threads").textContent =
    numThreads > 1 ? `${numThreads} threads.` : "One thread; edgekit demo-page RUN --serve allows more.";
  if (!models.length) return say("No model file runs in this browser.");
  document.body.dataset.ready = "";
  const first = $("#tests input");
  if (!first) return say("Drop a photo.");
  first.checked = true;
  await showTest(0);
}

function fail(card, error) {
  card.dataset.state = "failed";
  $(".top", card).removeAttribute("aria-hidden");
  $(".top", card).textContent = String(error?.message ?? error).split("\n")[0];
  $(".ms", card).textContent = "–";
  $(".bars", card).replaceChildren();
}

function say(text, detail = "") {
  $("#verdict").textContent = text;
  $("#verdict").className = "verdict";
  $("#verdict").dataset.state = "said";
  $("#detail").textContent = detail;
}

// Pictures: each becomes a canvas, drawn as it is, without the profile of its colours, as in training.

async function decoded(blob) {
  const picture = await createImageBitmap(blob, {
    imageOrientation: demo.exif ? "from-image" : "none",
    colorSpaceConversion: "none",
  });
  return drawn(picture, picture.width, picture.height);
}

function drawn(picture, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(picture, 0, 0, width, height);
  return canvas;
}

async function showTest(number) {
  stopCamera();
  const { file, label } = demo.images[number];
  const canvas = await decoded(await (await load(file)).blob());
  await show(canvas, label === null ? `Test image ${number + 1}` : `Test image ${number + 1}, labelled ${label}`, label);
}

async function showFile(file) {
  stopCamera();
  for (const one of document.querySelectorAll("#tests input")) one.checked = false;
  let canvas;
  try {
    canvas = await decoded(file);
  } catch {
    return say(`${file.name} is no picture that this browser reads.`, "Choose a JPEG, PNG or WebP file.");
  }
  await show(canvas, `${file.name}, ${canvas.width} × ${canvas.height} pixels`);
}

async function show(canvas, title, label = null) {
  const own = ++turn;
  view(canvas, title);
  say("Running…", title);
  await nextFrame();
  const answers = await classified(canvas, NUM_RUNS, () => own !== turn);
  if (answers) render(answers, title, label);
}

// The answers of all models on one picture; null where a newer one has taken its turn.
async function classified(canvas, numRuns, isOld) {
  const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const tensors = new Map(); // models that take the same tensor share it
  const answers = [];
  for (const model of models) {
    try {
      if (!tensors.has(model.input)) tensors.set(model.input, model.code.prepare(image));
      const tensor = tensors.get(model.input);
      if (model.shows_pixels && !answers.length) seen(tensor);
      const times = [];
      let output;
      for (let run = 0; run < numRuns; run++) {
        const begin = performance.now();
        output = await model.classifier.run(tensor);
        times.push(performance.now() - begin);
        if (isOld()) return null;
      }
      const ranked = model.code.ranked(output);
      answers.push({ model, ranked: model.output_kind === "logits" ? softmax(ranked) : ranked, times });
    } catch (error) {
      fail(model.card, error);
    }
  }
  return answers;
}

function softmax(ranked) {
  const powers = ranked.map(([, score]) => Math.exp(score - ranked[0][1]));
  const total = powers.reduce((a, b) => a + b, 0);
  return ranked.map(([label], place) => [label, powers[place] / total]);
}

function view(canvas, title) {
  const target = $("#view");
  target.width = canvas.width;
  target.height = canvas.height;
  target.getContext("2d").drawImage(canvas, 0, 0);
  target.classList.toggle("small", Math.max(canvas.width, canvas.height) <= 96);
  target.setAttribute("aria-label", title);
  $("#hint").hidden = true;
}

// The pixels that went into the model, so that a wrong crop or orientation can be seen.
function seen(tensor) {
  const { height, width, channels } = demo.image;
  const pixels = new ImageData(width, height);
  for (let at = 0; at < width * height; at++) {
    for (let channel = 0; channel < 3; channel++) {
      pixels.data[at * 4 + channel] = tensor[at * channels + (channels === 1 ? 0 : channel)];
    }
    pixels.data[at * 4 + 3] = 255;
  }
  $("#seen canvas").getContext("2d").putImageData(pixels, 0, 0);
  $("#seen").hidden = false;
}

// All cards show the same classes in the same order, so that bars can be compared; the first file is the measure.
function render(answers, title, label) {
  if (!answers.length) return say("No model file gave an answer.", title);
  const best = new Map();
  for (const { ranked } of answers) {
    for (const [name, score] of ranked) best.set(name, Math.max(score, best.get(name) ?? 0));
  }
  const winners = [...new Set(answers.map(({ ranked }) => ranked[0][0]))];
  const others = [...best.keys()].sort((a, b) => best.get(b) - best.get(a)).filter((name) => !winners.includes(name));
  const names = [...winners, ...others].slice(0, Math.max(NUM_ROWS, winners.length));
  for (const { model, ranked, times } of answers) {
    const [top, score] = ranked[0];
    const scores = new Map(ranked);
    model.card.dataset.state = top === answers[0].ranked[0][0] ? "ready" : "other";
    $(".ms", model.card).textContent = median(times).toFixed(median(times) < 10 ? 2 : 1);
    $(".top", model.card).textContent = `${top} ${percent(score)}`;
    const rows = names.map((name) => row(name, scores.get(name), name === top));
    $(".bars", model.card).replaceChildren(...rows);
  }
  const files = answers.length === 1 ? "The file says" : `All ${answers.length} files say`;
  say(winners.length === 1 ? `${files} ${winners[0]}` : `The files disagree: ${winners.join(", ")}`, title);
  $("#verdict").dataset.state = "answered";
  if (winners.length > 1) $("#verdict").classList.add("differs");
  if (label !== null && winners.length === 1) $("#verdict").classList.add(winners[0] === label ? "right" : "wrong");
}

function row(name, score, isTop) {
  const item = document.createElement("li");
  item.className = isTop ? "is-top" : "";
  item.dataset.label = name;
  item.dataset.score = score;
  const [words, value, bar] = ["span", "span", "span"].map((tag) => document.createElement(tag));
  words.className = "label";
  words.textContent = name;
  words.title = name;
  value.className = "score";
  value.textContent = percent(score);
  bar.className = "bar";
  bar.style.setProperty("--share", Math.min(Math.max(score, 0), 1));
  item.append(words, value, bar);
  return item;
}

// The camera.

async function startCamera() {
  const own = ++turn;
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  } catch (error) {
    const reasons = { NotAllowedError: "The browser was not allowed to use it.", NotFoundError: "There is none here." };
    return say("No camera.", reasons[error?.name] ?? "It cannot be used on this page: localhost and https only.");
  }
  if (own !== turn) return stream.getTracks().forEach((track) => track.stop());
  const video = Object.assign(document.createElement("video"), { srcObject: stream, muted: true, playsInline: true });
  camera = { stream, video };
  for (const one of document.querySelectorAll("#tests input")) one.checked = false;
  $("#camera").textContent = "Stop the camera";
  $("#camera").setAttribute("aria-pressed", "true");
  await video.play();
  for (const model of models) model.times = [];
  const isOld = () => own !== turn || camera?.stream !== stream;
  while (!isOld()) {
    const canvas = drawn(video, video.videoWidth, video.videoHeight);
    view(canvas, "Camera");
    const answers = await classified(canvas, 1, isOld);
    if (!answers) return;
    for (const answer of answers) {
      answer.model.times = [...answer.model.times, ...answer.times].slice(-NUM_FRAMES);
      answer.times = answer.model.times;
    }
    render(answers, `Camera, ${canvas.width} × ${canvas.height} pixels`, null);
    await nextFrame();
  }
}

function stopCamera() {
  turn++;
  if (!camera) return;
  camera.stream.getTracks().forEach((track) => track.stop());
  camera = null;
  $("#camera").textContent = "Use the camera";
  $("#camera").setAttribute("aria-pressed", "false");
}

const whenReady = (action) => (...given) => {
  if (models.length) action(...given)?.catch?.((error) => say("Something failed.", String(error?.message ?? error)));
};

$("#tests").addEventListener("change", whenReady((event) => showTest(Number(event.target.value))));
$("#file").addEventListener("change", whenReady(async (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (file) await showFile(file);
}));
$("#camera").addEventListener("click", whenReady(() => (camera ? stopCamera() : startCamera())));
addEventListener("dragover", (event) => {
  event.preventDefault();
  $("#stage").classList.add("over");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) $("#stage").classList.remove("over");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  $("#stage").classList.remove("over");
  const [file] = event.dataTransfer.files;
  if (file) whenReady(showFile)(file);
});
addEventListener("paste", (event) => {
  const [file] = event.clipboardData.files;
  if (file) whenReady(showFile)(file);
});
for (const image of document.querySelectorAll(".strip img")) {
  const mark = () => image.classList.toggle("small", image.naturalWidth <= 64);
  image.complete ? mark() : image.addEventListener("load", mark);
}

start().catch((error) => say("The page could not start.", String(error?.message ?? error)));
