// Who worked when: a lane a worker, a bar a trial.

const MOST_LANES = 48;

class TimelinePlot extends Figure {
  static wants(view) {
    const study = view.study;
    return study.started.some((v, i) => v > 0 && study.seconds[i] > 0);
  }

  constructor(view) {
    super(view, {
      id: "timeline", title: "Workers", wide: true, height: 200, margin: {left: 110, top: 8},
      what: "When each trial ran, and who ran it. A worker that runs several at once has a lane for each.",
    });
  }

  // A lane for each trial at a time of each worker: `lane` by row, and what the lanes are called.
  makeLanes() {
    const study = this.study;
    const rows = d3.range(study.n).filter((i) => study.started[i] > 0 && study.state[i] >= COMPLETE);
    rows.sort((a, b) => study.started[a] - study.started[b] || a - b);
    const byWorker = new Map();
    this.lane = new Map();
    for (const i of rows) {
      const worker = study.worker[i];
      if (!byWorker.has(worker)) byWorker.set(worker, []);
      const ends = byWorker.get(worker);
      // Clocks are read to a millisecond or so.
      let k = ends.findIndex((end) => end <= study.started[i] + 0.002);
      if (k < 0) k = ends.push(0) - 1;
      ends[k] = study.started[i] + study.seconds[i];
      this.lane.set(i, [worker, k]);
    }
    this.names = [];
    const first = new Map();
    for (const [worker, ends] of byWorker) {
      first.set(worker, this.names.length);
      ends.forEach((_, k) => this.names.push(k > 0 ? "" : byWorker.size === 1 ? "" : `worker ${first.size}`));
    }
    for (const [i, [worker, k]] of this.lane) this.lane.set(i, first.get(worker) + k);
    return rows;
  }

  draw() {
    const study = this.study;
    const rows = this.rows = this.makeLanes();
    const lanes = Math.min(MOST_LANES, this.names.length);
    const pitch = lanes <= 8 ? 22 : lanes <= 20 ? 16 : 11;
    this.setHeight(this.margin.top + this.margin.bottom + lanes * pitch);
    const context = this.begin();
    this.margin.left = this.names.some((name) => name !== "") ? 90 : 14;
    const start = d3.min(rows, (i) => study.started[i]);
    const end = d3.max(rows, (i) => study.started[i] + study.seconds[i]);
    const sx = this.sx = d3.scaleLinear().domain([0, Math.max(end - start, 1e-3)]).range([this.left, this.right]);
    this.start = start;
    this.pitch = pitch;
    this.axisBottom(sx.ticks(this.width / 120).map((t) => ({at: sx(t), text: formatSeconds(t)})), "time since the start");
    const g = this.svg.append("g").attr("class", "axis");
    this.names.slice(0, lanes).forEach((name, k) => g.append("text").attr("x", this.left - 8).attr("y", this.top + k * pitch + pitch / 2 + 4).attr("text-anchor", "end").text(name));
    this.paint(context, rows, 0.8);
    this.points = {
      rows: rows.length > 20000 ? rows.filter((_, k) => k % Math.ceil(rows.length / 20000) === 0) : rows,
      x: (i) => sx(study.started[i] - start + study.seconds[i] / 2), y: (i) => this.top + (this.lane.get(i) + 0.5) * pitch,
    };
    const busy = d3.sum(rows, (i) => study.seconds[i]) / ((end - start || 1) * this.names.length);
    const more = this.names.length > lanes ? `${formatCount(this.names.length - lanes)} more lanes are left out. ` : "";
    this.note.textContent = `${more}${this.names.length === 1 ? "The lane was" : `${formatCount(this.names.length)} lanes were`} busy for ${formatPercent(Math.min(1, busy))} of ${formatSeconds(end - start)}.`;
  }

  paint(context, rows, alpha) {
    const study = this.study;
    // Where bars are thinner than a pixel, one of a pixel is enough.
    const drawn = new Map();
    context.globalAlpha = alpha;
    for (const i of rows) {
      const lane = this.lane.get(i);
      if (lane >= MOST_LANES) continue;
      const x = this.sx(study.started[i] - this.start);
      const width = Math.max(1, this.sx(study.started[i] - this.start + study.seconds[i]) - x - (rows.length < 400 ? 1 : 0));
      const key = lane * 1e5 + Math.round(x);
      if (width <= 1 && drawn.get(key) === study.state[i]) continue;
      drawn.set(key, study.state[i]);
      context.fillStyle = THEME.states[study.state[i]];
      context.fillRect(x, this.top + lane * this.pitch + 2, width, this.pitch - 4);
    }
    context.globalAlpha = 1;
  }

  // A bar is found anywhere along it.
  nearest(x, y) {
    const lane = Math.floor((y - this.top) / this.pitch);
    const t = this.sx.invert(x) + this.start, study = this.study;
    for (const i of this.rows) {
      if (this.lane.get(i) === lane && study.started[i] <= t && t <= study.started[i] + study.seconds[i]) return i;
    }
    return -1;
  }

  drawSelection() {
    const context = this.beginSelection();
    const study = this.study;
    if (this.selection.active) this.paint(context, this.rows.filter((i) => this.selection.mask[i] === 1), 1);
    const i = this.selection.hovered;
    if (i >= 0 && this.lane.has(i)) {
      context.strokeStyle = THEME.ink;
      context.lineWidth = 2;
      context.strokeRect(this.sx(study.started[i] - this.start) - 1, this.top + this.lane.get(i) * this.pitch + 1,
                         Math.max(3, this.sx(study.started[i] - this.start + study.seconds[i]) - this.sx(study.started[i] - this.start)), this.pitch - 2);
    }
  }

  table() {
    const study = this.study;
    const workers = new Map();
    for (const i of this.rows) {
      const name = study.workers[study.worker[i]] || "not known";
      if (!workers.has(name)) workers.set(name, []);
      workers.get(name).push(i);
    }
    return {
      caption: "Workers",
      columns: [{text: "worker"}, {text: "trials", number: true}, {text: "failed", number: true}, {text: "time of training", number: true}, {text: "first"}, {text: "last"}],
      rows: Array.from(workers.entries()).slice(0, MOST_TABLE_ROWS).map(([name, list]) => [name, formatCount(list.length),
        formatCount(list.filter((i) => study.state[i] === FAILED).length), formatSeconds(d3.sum(list, (i) => study.seconds[i])),
        formatDate(d3.min(list, (i) => study.started[i])), formatDate(d3.max(list, (i) => study.started[i]))]),
    };
  }
}
