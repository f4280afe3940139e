// The page around the drawing: it gets the places from the server and sends them back.

import drawer from "./drawing.js";

const token = new URLSearchParams(location.search).get("token");
const element = id => document.getElementById(id);

async function ask(method, path, content) {
  let answer;
  try {
    answer = await fetch(path, { method, headers: { "X-Genesis-Token": token }, body: content && JSON.stringify(content) });
  } catch {
    throw new Error("the editor does not answer any more; start `genesis zones edit` again");
  }
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return told;
}

// What the drawing knows of a notebook's widget.
class Model {
  constructor(values) {
    this.values = values;
    this.heard = {};
  }

  get(name) {
    return this.values[name];
  }

  set(name, value) {
    if (JSON.stringify(this.values[name]) === JSON.stringify(value)) return;
    this.values[name] = value;
    for (const hear of this.heard[`change:${name}`] ?? []) hear();
  }

  on(events, hear) {
    for (const event of events.split(" ")) (this.heard[event] ??= []).push(hear);
  }

  off(events, hear) {
    for (const event of events.split(" ")) this.heard[event] = this.heard[event]?.filter(each => each !== hear);
  }

  save_changes() {} // nothing is sent before it is to be saved

  async send({ places }) {
    try {
      const { doubts, ...changed } = await ask("POST", "save", { places, saved: this.get("saved") });
      for (const name of ["saved", "places", "status"]) this.set(name, changed[name]);
      doubt(doubts);
    } catch (error) {
      this.set("status", { text: `Not saved: ${error.message}`, failed: true });
    }
  }

  isSaved() {
    return JSON.stringify(this.get("places")) === JSON.stringify(this.get("saved"));
  }
}

function doubt(doubts) {
  element("doubts").replaceChildren(...doubts.map(text => Object.assign(document.createElement("li"), { textContent: text })));
}

function tell(text, failed = false) {
  element("note").textContent = text;
  element("note").classList.toggle("failed", failed);
  element("note").hidden = false;
}

function end(written) {
  document.body.classList.add("ended");
  element("drawing").inert = true;
  for (const name of ["reload", "done"]) element(name).disabled = true;
  tell(`${written.length ? `Done: ${written.join(", ")}.` : "Done: nothing was written."} You can close this page.`);
}

async function begin() {
  const { doubts, ...values } = await ask("GET", "state");
  element("camera").textContent = values.camera_id;
  element("file").textContent = values.file;
  document.title = `Zones of ${values.camera_id}`;
  const model = new Model(values);
  let hasEnded = false;
  drawer.render({ model, el: element("drawing") });
  doubt(doubts);
  element("reload").onclick = () => location.reload();
  element("done").onclick = async () => {
    if (!model.isSaved() && !confirm("What you drew last is not saved. End without it?")) return;
    try {
      const { written } = await ask("POST", "done");
      hasEnded = true;
      end(written);
    } catch (error) {
      tell(error.message, true);
    }
  };
  addEventListener("beforeunload", event => {
    if (!hasEnded && !model.isSaved()) event.preventDefault();
  });
}

begin().catch(error => tell(error.message, true));
