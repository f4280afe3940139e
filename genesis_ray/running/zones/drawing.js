// Zones, lines and masks, drawn on a camera's picture with a mouse, a pen or a finger.
//
// The model's `places` are all there is: {kind, name, corners, is_new}, corners as fractions of the
// picture's width and height from its upper left. `saved` are those that the file has.

const KINDS = {
  zone: { title: "Zone", colour: "#f2c14e", corners: 3, use: "An area in which people are counted" },
  line: { title: "Line", colour: "#4ecdc4", corners: 2, use: "Who walks over it is counted, in or out" },
  mask: { title: "Mask", colour: "#1b1f24", corners: 3, use: "An area in which nobody is seen: mirrors, screens, the street" },
};
// All in pixels of the screen.
const NEAR = 12, STILL = 4, EDGE = 6, ARROW = 30;
const TWICE_MS = 400;
const DIGITS = 4;

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  Object.assign(made, attributes);
  made.append(...children);
  return made;
}

function drawn(tag, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

const rounded = value => Number(Math.min(Math.max(value, 0), 1).toFixed(DIGITS));
const between = ([ax, ay], [bx, by]) => [(ax + bx) / 2, (ay + by) / 2];

function render({ model, el }) {
  let tool = null; // what is being drawn, a kind
  let draft = []; // its corners so far
  let selected = null; // the number of a place
  let pointer = null; // where the mouse is
  let drag = null; // what it holds
  let pressed = { corner: null, at: -Infinity }; // the corner that was pressed last, and when
  const past = []; // what undo goes back to

  const tools = Object.entries(KINDS).map(([kind, { title, use }]) =>
    make("button", { type: "button", textContent: title, title: use, onclick: () => choose(tool === kind ? null : kind) }));
  const undoing = make("button", { type: "button", textContent: "Undo", title: "Take the last step back (Backspace, Ctrl+Z)", onclick: undo });
  const saving = make("button", { type: "button", className: "save", textContent: "Save", onclick: save });
  const hint = make("p", { className: "hint" });
  const picture = make("img", { src: model.get("picture"), alt: `What camera ${model.get("camera_id")} sees`, draggable: false });
  const svg = drawn("svg", { tabindex: 0, "aria-label": "The places on the picture" });
  const list = make("ul");
  const status = make("p", { className: "status" });
  status.setAttribute("role", "status");
  const root = make("div", { className: "genesis-drawing" },
    make("div", { className: "bar" }, ...tools, undoing, saving),
    hint, make("div", { className: "picture" }, picture, svg), list, status);
  root.setAttribute("data-lm-suppress-shortcuts", "true"); // Jupyter's own keys, as D D for a cell
  el.append(root);

  const places = () => model.get("places");
  const size = () => [picture.naturalWidth || 1, picture.naturalHeight || 1];
  const unit = () => size()[0] / (svg.getBoundingClientRect().width || size()[0]); // of a pixel of the screen
  const isSaved = () => JSON.stringify(places()) === JSON.stringify(model.get("saved"));

  function at(event) {
    const { left, top, width, height } = svg.getBoundingClientRect();
    const snapped = (value, length) => rounded(value < EDGE ? 0 : value > length - EDGE ? 1 : value / length);
    return [snapped(event.clientX - left, width), snapped(event.clientY - top, height)];
  }

  function isNear([ax, ay], [bx, by], pixels) {
    const { width, height } = svg.getBoundingClientRect();
    return Math.hypot((ax - bx) * width, (ay - by) * height) <= pixels;
  }

  function remember() {
    past.push({ places: places(), draft, tool, selected });
  }

  function put(changed) {
    model.set("status", { text: "", failed: false });
    model.set("places", changed);
    model.save_changes();
    draw();
  }

  function choose(kind) {
    [tool, draft, selected] = [kind, [], null];
    svg.focus({ preventScroll: true });
    draw();
  }

  function undo() {
    const was = past.pop();
    if (!was) return;
    ({ draft, tool, selected } = was);
    put(was.places);
  }

  function save() {
    model.set("status", { text: "Saving…", failed: false });
    model.send({ do: "save", places: places() });
    draw();
  }

  function freeName(kind) {
    const taken = new Set(places().map(place => place.name));
    for (let number = 1; ; number++) if (!taken.has(`${kind}-${number}`)) return `${kind}-${number}`;
  }

  function finish() {
    if (draft.length < KINDS[tool].corners) return;
    if (tool !== "line") remember(); // undone, it is open again
    const place = { kind: tool, name: freeName(tool), corners: draft, is_new: true };
    [tool, draft, selected] = [null, [], places().length];
    put([...places(), place]);
    const name = list.lastElementChild.querySelector("input");
    name.focus({ preventScroll: true });
    name.select(); // to be typed over
  }

  function addCorner(corner) {
    if (draft.length && isNear(corner, draft.at(-1), STILL)) return finish(); // a double click
    if (tool !== "line" && draft.length >= 3 && isNear(corner, draft[0], NEAR)) return finish();
    remember();
    draft = [...draft, corner];
    if (tool === "line" && draft.length === 2) return finish();
    draw();
  }

  function withCorners(index, corners) {
    return places().map((place, number) => (number === index ? { ...place, corners } : place));
  }

  function removeCorner({ index, corner }) {
    drag = null;
    const { kind, corners } = places()[index];
    if (corners.length <= KINDS[kind].corners) return;
    remember();
    put(withCorners(index, corners.filter((_, number) => number !== corner)));
  }

  function remove(index) {
    remember();
    selected = null;
    put(places().filter((_, number) => number !== index));
  }

  const middles = ({ kind, corners }) =>
    kind === "line" ? [] : corners.map((corner, number) => between(corner, corners[(number + 1) % corners.length]));

  // What is under the mouse: a corner or the middle of an edge of what is selected, else a place.
  function under(event) {
    const corner = at(event);
    if (selected !== null) {
      const place = places()[selected];
      const near = each => isNear(each, corner, NEAR);
      const held = place.corners.findIndex(near);
      if (held >= 0) return { index: selected, corner: held, corners: place.corners };
      const middle = middles(place).findIndex(near);
      if (middle >= 0) {
        const corners = [...place.corners.slice(0, middle + 1), corner, ...place.corners.slice(middle + 1)];
        return { index: selected, corner: middle + 1, corners };
      }
    }
    const index = event.target.dataset.index;
    return index === undefined ? null : { index: Number(index), corner: null, corners: places()[index].corners };
  }

  function moved({ corner, corners, from }, to) {
    if (corner !== null) return corners.map((each, number) => (number === corner ? to : each));
    const by = [0, 1].map(axis => {
      const along = corners.map(each => each[axis]);
      return Math.min(Math.max(to[axis] - from[axis], -Math.min(...along)), 1 - Math.max(...along));
    });
    return corners.map(([x, y]) => [rounded(x + by[0]), rounded(y + by[1])]);
  }

  // At a click rather than before: Jupyter takes the focus when a button of the mouse goes down.
  svg.addEventListener("click", event => {
    svg.focus({ preventScroll: true });
    if (tool) addCorner(at(event));
  });

  svg.addEventListener("pointerdown", event => {
    if (event.button !== 0 || tool) return;
    drag = under(event);
    selected = drag && drag.index;
    // No dblclick comes where what was clicked on is drawn anew in between.
    const isTwice = drag && drag.corner !== null && drag.corner === pressed.corner && event.timeStamp - pressed.at < TWICE_MS;
    pressed = { corner: drag && drag.corner, at: event.timeStamp };
    if (isTwice) return removeCorner(drag);
    if (drag) {
      drag = { ...drag, from: at(event), isMoved: false };
      svg.setPointerCapture(event.pointerId);
    }
    draw();
  });

  svg.addEventListener("pointermove", event => {
    pointer = at(event);
    if (drag && (drag.isMoved || !isNear(pointer, drag.from, STILL))) {
      if (!drag.isMoved) remember();
      drag.isMoved = true;
      model.set("places", withCorners(drag.index, moved(drag, pointer))); // told when it is let go
    }
    const held = tool || drag ? drag : under(event);
    svg.style.cursor = tool ? "crosshair" : !held ? "default" : held.corner === null ? "move" : "grab";
    if (tool || drag) draw();
  });

  for (const ending of ["pointerup", "pointercancel"]) {
    svg.addEventListener(ending, () => {
      if (drag?.isMoved) put(places());
      drag = null;
      if (!tool) setTimeout(() => svg.focus({ preventScroll: true })); // after Jupyter, for its keys
    });
  }

  svg.addEventListener("pointerleave", () => {
    pointer = null;
    if (tool) draw();
  });

  root.addEventListener("keydown", event => {
    const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    const { tagName, value, defaultValue } = event.target;
    if (tagName === "INPUT" && !(isUndo && value === defaultValue)) return; // of what is typed
    if (isUndo || (event.key === "Backspace" && tool)) undo();
    else if (event.key === "Enter" && tool && event.target === svg) finish();
    else if (event.key === "Escape") choose(null);
    else if (["Delete", "Backspace"].includes(event.key) && selected !== null) remove(selected);
    else return;
    event.preventDefault();
  });

  function advice() {
    if (tool === "line") return draft.length ? "Click where the line ends. Whoever goes the arrow's way comes in." : "Line: click where it begins.";
    if (tool && draft.length >= 3) return "Click the next corner; the first one again, or Enter, closes it.";
    if (tool && draft.length) return "Click the next corner. Undo takes the last one back, Escape all of them.";
    if (tool) return `${KINDS[tool].title}: click its corners on the picture, one after the other.`;
    if (selected === null) return "Choose what to draw, or click on a place to change it.";
    if (places()[selected].kind === "line") return "Drag an end, or all of it. Delete removes it.";
    return "Drag a corner, or all of it. The small points make new corners, a double click takes one away.";
  }

  function drawPlace({ kind, name, corners }, index) {
    const [width, height] = size(), scale = unit(), { colour } = KINDS[kind];
    const points = corners.map(([x, y]) => [x * width, y * height]);
    const group = drawn("g", { class: `place ${kind}${index === selected ? " selected" : ""}` });
    const path = `M${points.join("L")}${kind === "line" ? "" : "Z"}`;
    group.append(drawn("path", { d: path, class: "under" }), drawn("path", { d: path, class: "shape", stroke: colour, fill: kind === "line" ? "none" : colour }));
    let [x, y] = [0, 1].map(axis => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
    if (kind === "line") {
      const [[ax, ay], [bx, by]] = points, long = Math.hypot(bx - ax, by - ay) || 1;
      const [rx, ry] = [(ay - by) / long, (bx - ax) / long].map(each => each * ARROW * scale); // to the right
      const [tx, ty] = [x + rx, y + ry], [hx, hy] = [-ry / 4, rx / 4];
      group.append(drawn("path", { class: "arrow", stroke: colour, fill: colour,
        d: `M${x},${y}L${tx},${ty}M${tx},${ty}L${tx - rx / 3 + hx},${ty - ry / 3 + hy}L${tx - rx / 3 - hx},${ty - ry / 3 - hy}Z` }));
      [x, y] = [x - rx * 0.7, y - ry * 0.7];
    }
    group.append(drawn("text", { x, y, "font-size": 14 * scale, "stroke-width": 4 * scale }, name));
    if (index !== undefined) for (const part of group.children) part.dataset.index = index;
    return group;
  }

  function handles(corners, radius, name) {
    const [width, height] = size();
    return corners.map(([x, y]) => drawn("circle", { cx: x * width, cy: y * height, r: radius * unit(), class: name }));
  }

  function drawDraft() {
    const next = pointer ? [...draft, pointer] : draft, { colour } = KINDS[tool];
    if (tool === "line" && next.length === 2) return [drawPlace({ kind: tool, name: "", corners: next }), ...handles(draft, 5, "corner")];
    const [width, height] = size();
    const path = next.map(([x, y]) => [x * width, y * height]).join("L");
    const closes = tool !== "line" && draft.length >= 3;
    return [
      ...["under", "shape"].map(name => drawn("path", { class: name, stroke: colour, fill: closes ? colour : "none", d: next.length ? `M${path}` : "" })),
      ...handles(draft, 5, "corner"),
      ...handles(closes ? draft.slice(0, 1) : [], 9, "closing"),
    ];
  }

  function row(place, index) {
    const name = place.is_new
      ? make("input", { defaultValue: place.name, size: 14, spellcheck: false, onfocus: () => select(index) })
      : make("b", { textContent: place.name });
    if (place.is_new) {
      name.setAttribute("aria-label", `Name of the new ${place.kind}`);
      name.onchange = () => {
        remember();
        put(places().map((each, number) => (number === index ? { ...each, name: name.value.trim() } : each)));
      };
      name.onkeydown = event => { if (event.key === "Enter") name.blur(); };
    }
    const turn = make("button", { type: "button", textContent: "Turn round", title: "Exchange in and out", onclick: () => {
      remember();
      put(withCorners(index, [...places()[index].corners].reverse()));
    } });
    return make("li", { onclick: event => { if (event.target.tagName !== "BUTTON") select(index); } },
      make("span", { className: `chip ${place.kind}` }), make("span", { className: "kind", textContent: place.kind }), name,
      ...(place.kind === "line" ? [turn] : []),
      make("button", { type: "button", textContent: "Remove", onclick: () => remove(index) }));
  }

  function select(index) {
    if (selected === index) return;
    [tool, draft, selected] = [null, [], index];
    draw();
  }

  let listed = "";
  function draw() {
    if (selected !== null && selected >= places().length) selected = null;
    const [width, height] = size();
    root.style.setProperty("--aspect", width / height);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const chosen = selected === null ? [] : [
      ...handles(middles(places()[selected]), 4, "middle"), ...handles(places()[selected].corners, 6, "corner")];
    svg.replaceChildren(...places().map(drawPlace), ...(tool ? drawDraft() : chosen));
    svg.style.touchAction = tool || selected !== null ? "none" : "auto";
    svg.style.cursor = tool ? "crosshair" : svg.style.cursor === "crosshair" ? "default" : svg.style.cursor;
    svg.classList.toggle("drawing", tool !== null);
    tools.forEach((button, number) => button.setAttribute("aria-pressed", Object.keys(KINDS)[number] === tool));
    undoing.disabled = !past.length;
    const { text, failed } = model.get("status");
    saving.disabled = isSaved() || tool !== null || text === "Saving…";
    saving.title = tool ? "First finish what you draw, or press Escape" : isSaved() ? "Nothing was changed" : `Write into ${model.get("file")}`;
    hint.textContent = advice();
    status.textContent = text || (isSaved() ? "" : `Not yet in ${model.get("file")}.`);
    status.classList.toggle("failed", failed);
    // Rows stay as long as there are the same, so that a name keeps the cursor in it.
    const told = JSON.stringify(places().map(({ kind, name, is_new }) => [kind, is_new || name]));
    if (told !== listed) list.replaceChildren(...places().map(row));
    listed = told;
    places().forEach(({ name }, number) => {
      const entry = list.children[number], typed = entry.querySelector("input");
      entry.classList.toggle("selected", number === selected);
      if (typed && typed.defaultValue !== name) typed.defaultValue = typed.value = name;
    });
  }

  const named = places => JSON.stringify(places.map(({ kind, name }) => [kind, name]).sort());

  // What others changed in the file came with the saving, and no step back of ours takes it away.
  function afterSaving() {
    if (named(model.get("saved")) !== named(places())) past.length = 0;
  }

  const resized = new ResizeObserver(draw);
  resized.observe(svg);
  picture.addEventListener("load", draw);
  model.on("change:saved", afterSaving);
  model.on("change:places change:saved change:status", draw);
  draw();
  return () => {
    resized.disconnect();
    model.off("change:saved", afterSaving);
    model.off("change:places change:saved change:status", draw);
  };
}

export default { render };
