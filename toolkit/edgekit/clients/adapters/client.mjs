// Opens one model in one runtime for the browser, and runs tensors that come as base64. Called by browser.py.

let model = null;
let runtime = null;
const ARRAYS = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array, int32: Int32Array, int16: Int16Array };

const OPEN = {
  async "litert-js"(bytes) {
    runtime = await import("@litertjs/core");
    await runtime.loadLiteRt("/packages/@litertjs/core/wasm/", { threads: false });
    return runtime.loadAndCompile(bytes, { accelerator: "wasm" });
  },
  async "onnxruntime-web"(bytes) {
    runtime = await import("onnxruntime-web");
    runtime.env.wasm.wasmPaths = "/packages/onnxruntime-web/dist/";
    runtime.env.wasm.numThreads = 1;
    return runtime.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  },
};

const RUN = {
  async "litert-js"(array, shape) {
    const input = new runtime.Tensor(array, shape);
    const [output] = await model.run([input]);
    const values = output.toTypedArray().slice();
    input.delete();
    output.delete();
    return values;
  },
  async "onnxruntime-web"(array, shape, dtype) {
    const input = new runtime.Tensor(dtype, array, shape);
    const outputs = await model.run({ [model.inputNames[0]]: input });
    return outputs[model.outputNames[0]].data;
  },
};

globalThis.openModel = async (kind, path) => {
  model = await OPEN[kind](new Uint8Array(await (await fetch(path)).arrayBuffer()));
};

globalThis.runModel = async (kind, base64, shape, dtype) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const start = performance.now();
  const values = await RUN[kind](new ARRAYS[dtype](bytes.buffer), shape, dtype);
  return { values: Array.from(values), milliseconds: performance.now() - start };
};
