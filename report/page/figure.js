// A figure: a plot with its title, what it says in words, its axes, and its data as a table.
//
// Marks are drawn on two canvases, one above the other: all trials below, those that are selected and
// the one under the pointer above. While something is selected the lower one is dimmed, so that a
// brush draws the selection alone. Axes, brushes and words are SVG on top.
//
// A plot extends Figure with
//   static wants(view)   whether the study has anything for it
//   draw()               everything; it begins with this.begin()
//   drawSelection()      the upper canvas; it begins with this.beginSelection()
//   table()              {caption, columns, rows}: its data

// How many trials a plot draws at most, of points and of lines.
const MOST_POINTS = 4000;
const MOST_LINES = 1500;
const MOST_TABLE_ROWS = 200;

// What the stylesheet says of colours, for canvases.
const THEME = {
  refresh() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["ink", "muted", "grid", "panel", "complete", "stopped", "failed", "running",
                        "accent", "highlight"]) {
      this[name] = style.getPropertyValue(`--${name}`).trim();
    }
    this.dark = style.getPropertyValue("--dark").trim() === "1";
    this.states = [this.running, this.running, this.complete, this.stopped, this.failed];
    this.series = d3.range(8).map((k) => style.getPropertyValue(`--series-${k}`).trim());
  },

  // How good a trial is, 0 to 1, as a colour: the better, the further from the background.
  quality(q) {
    const t = this.dark ? 0.25 + 0.75 * q : 0.85 - 0.85 * q;
    return d3.interpolateCividis(t);
  },
};

class Figure {
  constructor(view, {id, title, what, height = 300, wide = false, margin = {}, label}) {
    this.view = view;
    this.study = view.study;
    this.selection = view.selection;
    this.height = height;
    this.wide = wide;
    this.margin = {top: 14, right: 16, bottom: 42, left: 60, ...margin};
    this.controls = make("div", {class: "controls"});
    this.base = make("canvas", {class: "base", "aria-hidden": "true"});
    this.over = make("canvas", {class: "over", "aria-hidden": "true"});
    this.svg = d3.create("svg").attr("aria-hidden", "true");
    this.plot = make("div", {class: "plot", tabindex: "0", role: "application", "aria-label": label || title,
                             "aria-roledescription": "plot"},
                     this.base, this.over, this.svg.node());
    this.plot.style.height = `${height}px`;
    this.note = make("p", {class: "note"});
    this.what = make("p", {class: "what"}, what);
    this.dataTable = make("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}: data`});
    this.details = make("details", {class: "data", ontoggle: () => this.fillTable()},
                        make("summary", {}, "Data as a table"), this.dataTable);
    this.element = make("figure", {id, class: wide ? "figure wide" : "figure"},
      make("figcaption", {}, make("h2", {}, title), this.what),
      this.controls, this.plot, this.note, this.details);
    // What the pointer and the arrow keys find: rows with the places where they were drawn.
    this.points = {rows: [], x: () => NaN, y: () => NaN};
    this.cursor = -1;
    this.extents = new Map();  // brushes, as addBrush has them
    this.plot.addEventListener("mousemove", (event) => this.hoverAt(event));
    this.plot.addEventListener("mouseleave", () => this.selection.hover(-1));
    this.plot.addEventListener("keydown", (event) => this.onKey(event));
    this.plot.addEventListener("blur", () => { this.selection.hover(-1); });
  }

  get width() {
    return this.plot.clientWidth;
  }

  // The area within the axes.
  get left() { return this.margin.left; }
  get right() { return this.width - this.margin.right; }
  get top() { return this.margin.top; }
  get bottom() { return this.height - this.margin.bottom; }

  setHeight(height) {
    this.height = height;
    this.plot.style.height = `${height}px`;
  }

  begin() {
    for (const canvas of [this.base, this.over]) this.clear(canvas);
    this.svg.attr("width", this.width).attr("height", this.height).selectAll("*").remove();
    this.drawnWidth = this.width;
    return this.base.getContext("2d");
  }

  beginSelection() {
    this.clear(this.over);
    this.plot.classList.toggle("dimmed", this.selection.active);
    return this.over.getContext("2d");
  }

  clear(canvas) {
    const ratio = Math.max(window.devicePixelRatio || 1, this.view.printing ? 2 : 1);
    const width = Math.round(this.width * ratio), height = Math.round(this.height * ratio);
    const context = canvas.getContext("2d");
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      canvas.style.width = `${this.width}px`;
      canvas.style.height = `${this.height}px`;
    } else {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, width, height);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  fillTable() {
    if (!this.details.open) return;
    if (this.drawnWidth) this.dataTable.replaceChildren(makeTable(this.table()));
    else this.redraw();  // which comes back here
  }

  // Everything anew, if the figure can be seen.
  redraw() {
    if (this.width === 0) return;  // it cannot be seen
    this.stale = this.selectionStale = false;
    this.draw();
    this.drawSelection();
    this.fillTable();
  }

  // `ticks`: [{at, text}], places in pixels. `title`: what and in which unit.
  axisBottom(ticks, title, {grid = false, y = this.bottom, left = this.left, right = this.right} = {}) {
    const g = this.svg.append("g").attr("class", "axis");
    g.append("line").attr("x1", left).attr("x2", right).attr("y1", y + 0.5).attr("y2", y + 0.5);
    let last = -Infinity;
    for (const {at, text} of ticks) {
      if (grid) g.append("line").attr("class", "grid").attr("x1", at).attr("x2", at).attr("y1", this.top).attr("y2", y);
      g.append("line").attr("x1", at).attr("x2", at).attr("y1", y).attr("y2", y + 4);
      const half = textWidth(text) / 2;
      const x = Math.min(Math.max(at, left - 10 + half, half + 1), right + 10 - half, this.width - half - 1);
      if (x - half < last + 6) continue;
      last = x + half;
      g.append("text").attr("x", x).attr("y", y + 17).attr("text-anchor", "middle").text(text);
    }
    if (title) {
      g.append("text").attr("class", "title").attr("x", right).attr("y", y + 35).attr("text-anchor", "end")
        .text(shorten(title, right));
    }
  }

  axisLeft(ticks, title, {grid = true, x = this.left, titleAt = this.top - 4} = {}) {
    const g = this.svg.append("g").attr("class", "axis");
    for (const {at, text} of ticks) {
      if (grid) g.append("line").attr("class", "grid").attr("x1", x).attr("x2", this.right).attr("y1", at).attr("y2", at);
      g.append("text").attr("x", x - 7).attr("y", at + 4).attr("text-anchor", "end").text(shorten(text, x - 10));
    }
    if (title) {
      g.append("text").attr("class", "title").attr("x", 2).attr("y", titleAt).text(shorten(title, this.right));
    }
  }

  // Ticks of an axis of values on a scale of pixels.
  valueTicks(valueScale, scale, count) {
    return valueScale.ticks(count).map((v) => ({at: scale(v), text: formatNumber(v)}));
  }

  // Lets the user draw a box or a stretch in `area`, [[left, top], [right, bottom]]. `brush`: one of
  // D3's. `condition(shares)`: what the selection is to have under `key`; shares are the brushed
  // extent with the area's width and height as 1, from the left and from the top, as the brush has it.
  addBrush(key, brush, area, condition) {
    const [[left, top], [right, bottom]] = area;
    const horizontal = brush.isX, vertical = brush.isY;
    const toShare = ([x, y]) => [(x - left) / (right - left), (y - top) / (bottom - top)];
    const fromShare = ([u, v]) => [left + u * (right - left), top + v * (bottom - top)];
    const map = (extent, place) =>
      horizontal ? extent.map((x) => place([x, 0])[0]) : vertical ? extent.map((y) => place([0, y])[1]) : extent.map(place);
    const layer = this.svg.append("g").attr("class", "brush");
    brush.extent(area).on("start brush end", () => {
      const event = d3.event;
      if (!event.sourceEvent) return;  // moved by us
      this.brushing = event.type !== "end";
      this.selection.moving = this.brushing;
      if (event.selection !== null) {
        const shares = map(event.selection, toShare);
        this.extents.set(key, shares);
        if (event.type !== "start") this.selection.set(key, condition(shares));
      } else if (event.type === "end") {
        // A click: nothing is brushed any more, and what is under the pointer is shown.
        this.extents.delete(key);
        this.selection.set(key, null);
        if (this.selection.hovered >= 0) this.view.pin(this.selection.hovered);
      }
    });
    layer.call(brush);
    if (this.extents.has(key)) layer.call(brush.move, map(this.extents.get(key), fromShare));
  }

  // Takes brushes away: that of a key, or all.
  dropBrushes(key) {
    if (key === undefined ? this.extents.size > 0 : this.extents.has(key)) this.stale = true;
    if (key === undefined) this.extents.clear();
    else this.extents.delete(key);
  }

  hoverAt(event) {
    const box = this.plot.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    if (event.buttons !== 0) return;
    this.selection.hover(this.nearest(x, y, 14));
    this.view.tooltip.show(this.selection.hovered, event.clientX, event.clientY);
  }

  nearest(x, y, within) {
    let best = -1, least = within * within;
    const {rows, x: px, y: py} = this.points;
    for (const i of rows) {
      if (this.selection.active && this.selection.mask[i] === 0) continue;
      const dx = px(i) - x, dy = py(i) - y;
      const distance = dx * dx + dy * dy;
      if (distance <= least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }

  // Arrow keys go from trial to trial, Enter shows one.
  onKey(event) {
    const rows = this.points.rows.filter((i) => !this.selection.active || this.selection.mask[i] === 1)
      .sort((a, b) => this.points.x(a) - this.points.x(b) || a - b);
    if (rows.length === 0) return;
    const moves = {ArrowRight: 1, ArrowLeft: -1, ArrowUp: 1, ArrowDown: -1, PageDown: 10, PageUp: -10};
    const at = rows.indexOf(this.cursor);
    let next = at;
    if (event.key in moves) next = at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + moves[event.key]));
    else if (event.key === "Home") next = 0;
    else if (event.key === "End") next = rows.length - 1;
    else if (event.key === "Enter" && at >= 0) this.view.pin(this.cursor);
    else if (event.key === "Escape") this.selection.hover(-1);
    else return;
    event.preventDefault();
    if (next >= 0) {
      this.cursor = rows[next];
      this.selection.hover(this.cursor);
      announce(this.study.describe(this.cursor));
    }
  }

  // Says how many of the trials are drawn, where not all are.
  notePoints(drawn, of, more = "") {
    const thinned = drawn < of
      ? `${formatCount(drawn)} of ${formatCount(of)} are drawn: the best, the extremes, and an even sample.`
      : "";
    this.note.textContent = [thinned, more].filter((text) => text !== "").join(" ");
  }
}

// A figure of several panels beside each other, each with left, right, top and bottom; `current` is the
// one under the pointer.
class PanelFigure extends Figure {
  hoverAt(event) {
    const box = this.plot.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    this.current = this.panels.find((panel) => x >= panel.left - 8 && x <= panel.right + 8 && y >= panel.top - 8 && y <= panel.bottom + 8) || this.current;
    super.hoverAt(event);
  }
}

// Brushes that say which way they go.
function boxBrush() {
  return d3.brush();
}

function horizontalBrush() {
  return Object.assign(d3.brushX(), {isX: true});
}

function verticalBrush() {
  return Object.assign(d3.brushY(), {isY: true});
}

const MEASURE = document.createElement("canvas").getContext("2d");
const ELLIPSIS = "…";

// How wide a text is drawn in a plot, in pixels.
function textWidth(text, bold = false) {
  MEASURE.font = `${bold ? "650 " : ""}12px ${getComputedStyle(document.documentElement).fontFamily}`;
  return MEASURE.measureText(text).width;
}

// As much of a text as has room.
function shorten(text, width, bold = false) {
  if (text.length * 10 < width || textWidth(text, bold) <= width) return text;
  let low = 1, high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (textWidth(text.slice(0, middle) + ELLIPSIS, bold) <= width) low = middle;
    else high = middle - 1;
  }
  return text.slice(0, low) + ELLIPSIS;
}

// A trial as a point: complete ones filled, stopped ones open, failed ones crossed.
function drawPoint(context, state, x, y, size) {
  if (state === FAILED) {
    context.beginPath();
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y + size);
    context.moveTo(x - size, y + size);
    context.lineTo(x + size, y - size);
    context.stroke();
    return;
  }
  if (size < 2.5 && state === COMPLETE) {
    // Too small to be told from a disc, and drawn several times as fast.
    context.fillRect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
    return;
  }
  context.beginPath();
  context.arc(x, y, size, 0, 2 * Math.PI);
  if (state === COMPLETE) context.fill();
  else context.stroke();
}

// Points of rows, the first of them on top.
function drawPoints(context, study, rows, x, y, size, alpha = 1) {
  context.globalAlpha = alpha;
  context.lineWidth = 1.3;
  let state = -1;
  for (let k = rows.length - 1; k >= 0; --k) {
    const i = rows[k];
    if (study.state[i] !== state) {
      state = study.state[i];
      context.fillStyle = context.strokeStyle = THEME.states[state];
    }
    drawPoint(context, study.state[i], x(i), y(i), size);
  }
  context.globalAlpha = 1;
}

// The one under the pointer.
function drawHovered(context, x, y) {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return;
  context.strokeStyle = THEME.ink;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, 7, 0, 2 * Math.PI);
  context.stroke();
}

// How large the points of `n` trials are.
function pointSize(n) {
  return n <= 60 ? 4 : n <= 300 ? 3.2 : n <= 1500 ? 2.4 : 1.8;
}
