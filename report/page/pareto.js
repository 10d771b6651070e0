// Several objectives: the Pareto front, and the volume that it dominates as the study goes on.

// Whether a's losses are nowhere worse than b's, and somewhere better.
function dominates(a, b) {
  let better = false;
  for (let k = 0; k < a.length; ++k) {
    if (a[k] > b[k]) return false;
    if (a[k] < b[k]) better = true;
  }
  return better;
}

// The front as it grows: `rows` that had joined it when they came, `front` those that are on it now.
class Front {
  constructor(study) {
    this.front = [];
    this.history = [];  // [{row, front: the losses of the front from then on}]
    const sign = study.objectives.map((o) => (o.goal === "maximize" ? -1 : 1));
    this.losses = (i) => study.values.map((column, k) => sign[k] * column[i]);
    let entries = [];
    for (let i = 0; i < study.n; ++i) {
      if (!study.countsForBest(i) || study.values.some((column) => Number.isNaN(column[i]))) continue;
      const loss = this.losses(i);
      if (entries.some((entry) => dominates(entry.loss, loss) || entry.loss.every((v, k) => v === loss[k]))) continue;
      entries = entries.filter((entry) => !dominates(loss, entry.loss));
      entries.push({row: i, loss});
      this.history.push({row: i, front: entries.map((entry) => entry.loss)});
    }
    this.front = entries.map((entry) => entry.row);
  }
}

class ParetoPlot extends Figure {
  static wants(view) {
    return view.study.objectives.length > 1 && view.study.value.some((v) => !Number.isNaN(v));
  }

  constructor(view) {
    super(view, {
      id: "pareto", title: "Pareto front", height: 360, margin: {top: 22},
      what: "No trial is better than those on the line in one objective without being worse in another.",
    });
    this.a = 0;
    this.b = 1;
    this.makeControls();
  }

  makeControls() {
    const study = this.study;
    if (study.objectives.length < 3) return;
    const options = study.objectives.map((o, k) => ({value: String(k), text: o.metric}));
    const choose = (axis) => (value) => {
      const other = axis === "a" ? "b" : "a";
      if (this[other] === Number(value)) this[other] = this[axis];
      this[axis] = Number(value);
      this.view.dropBrush("pareto");
      this.makeControls();
      this.redraw();
    };
    this.controls.replaceChildren(makeSelect("Across", options, String(this.a), choose("a")), makeSelect("Up", options, String(this.b), choose("b")));
  }

  draw() {
    const study = this.study;
    const context = this.begin();
    const front = this.front = new Front(study).front;
    const va = study.values[this.a], vb = study.values[this.b];
    const ga = study.objectives[this.a], gb = study.objectives[this.b];
    const scaleA = new ValueScale(va, ga.goal), scaleB = new ValueScale(vb, gb.goal);
    const sx = this.sx = scaleA.onto([this.left, this.right]), sy = this.sy = scaleB.onto([this.bottom, this.top]);
    this.axisBottom(this.valueTicks(scaleA, sx, this.width / 90), this.title(ga, scaleA));
    this.axisLeft(this.valueTicks(scaleB, sy, 6), this.title(gb, scaleB), {titleAt: 12});
    const wanted = this.wanted = (i) => !Number.isNaN(va[i]) && !Number.isNaN(vb[i]);
    const on = new Set(front);
    const rows = study.drawn(MOST_POINTS, (i) => wanted(i) && !on.has(i));
    this.points = {rows: [...front, ...rows], x: (i) => sx(va[i]), y: (i) => sy(vb[i])};
    drawPoints(context, study, rows, this.points.x, this.points.y, pointSize(rows.length), 0.4);
    drawPoints(context, study, front, this.points.x, this.points.y, 4, 1);
    if (study.objectives.length === 2) {
      const sorted = front.slice().sort((i, j) => va[i] - va[j]);
      if (sorted.length > 1) {
        this.svg.append("g").attr("class", "best").append("path").attr("class", "thin")
          .attr("d", d3.line().curve(ga.goal === gb.goal && ga.goal === "minimize" ? d3.curveStepAfter : ga.goal === "minimize" ? d3.curveStepAfter : d3.curveStepBefore)(sorted.map((i) => [sx(va[i]), sy(vb[i])])));
      }
    }
    this.addBrush("pareto", boxBrush(), [[this.left, this.top], [this.right, this.bottom]], (shares) => this.condition(shares));
    const all = d3.range(study.n).reduce((sum, i) => sum + wanted(i), 0);
    this.notePoints(rows.length + front.length, all, `${plural(front.length, "trial")} ${front.length === 1 ? "is" : "are"} on the front.`);
  }

  title(objective, scale) {
    return `${objective.metric}${scale.log ? " (log scale)" : ""}, ${objective.goal === "maximize" ? "more" : "less"} is better`;
  }

  condition([[u0, v0], [u1, v1]]) {
    const va = this.study.values[this.a], vb = this.study.values[this.b];
    const across = (u) => (u <= 0.005 ? -Infinity : u >= 0.995 ? Infinity : this.sx.invert(this.left + u * (this.right - this.left)));
    const down = (v) => (v <= 0.005 ? Infinity : v >= 0.995 ? -Infinity : this.sy.invert(this.top + v * (this.bottom - this.top)));
    const [a0, a1, b0, b1] = [across(u0), across(u1), down(v1), down(v0)];
    return {
      text: `${this.study.objectives[this.a].metric} ${formatNumber(a0)} … ${formatNumber(a1)}, ${this.study.objectives[this.b].metric} ${formatNumber(b0)} … ${formatNumber(b1)}`,
      test: (i) => va[i] >= a0 && va[i] <= a1 && vb[i] >= b0 && vb[i] <= b1,
    };
  }

  drawSelection() {
    const context = this.beginSelection();
    const study = this.study;
    if (this.selection.active) {
      const rows = this.selection.drawn(MOST_POINTS, this.wanted);
      drawPoints(context, study, rows, this.points.x, this.points.y, pointSize(rows.length) + 0.6, 0.95);
    }
    const i = this.selection.hovered;
    if (i >= 0) drawHovered(context, this.points.x(i), this.points.y(i));
  }

  table() {
    const study = this.study;
    return {
      caption: "The trials on the front",
      columns: [{text: "trial", number: true}, ...study.objectives.map((o) => ({text: o.metric, number: true})), ...study.scales.map((s) => ({text: s.name, number: !s.categorical}))],
      rows: this.front.slice().sort((i, j) => study.values[0][i] - study.values[0][j]).slice(0, MOST_TABLE_ROWS)
        .map((i) => [study.id[i], ...study.values.map((column) => formatNumber(column[i])), ...study.scales.map((s, p) => s.format(study.params[p][i]))]),
    };
  }
}

// The volume between a front and a reference point, which it dominates; two or three objectives.
function hypervolume(front, reference) {
  const inside = front.filter((loss) => loss.every((v, k) => v < reference[k]));
  if (reference.length === 2) {
    inside.sort((a, b) => a[0] - b[0]);
    let volume = 0, above = reference[1];
    for (const [x, y] of inside) {
      if (y >= above) continue;
      volume += (reference[0] - x) * (above - y);
      above = y;
    }
    return volume;
  }
  // Slices between one value of the last objective and the next.
  inside.sort((a, b) => a[2] - b[2]);
  let volume = 0;
  for (let k = 0; k < inside.length; ++k) {
    const depth = (k + 1 < inside.length ? inside[k + 1][2] : reference[2]) - inside[k][2];
    if (depth > 0) volume += depth * hypervolume(inside.slice(0, k + 1).map(([x, y]) => [x, y]), reference.slice(0, 2));
  }
  return volume;
}

class HypervolumePlot extends Figure {
  static wants(view) {
    const m = view.study.objectives.length;
    return (m === 2 || m === 3) && view.study.values.every((column) => column.some((v) => !Number.isNaN(v))) && new Front(view.study).history.length > 1;
  }

  constructor(view) {
    super(view, {
      id: "hypervolume", title: "Hypervolume", height: 360, margin: {top: 22, right: 24},
      what: "How much of the space between the best of each objective and the worst on any front so far is dominated.",
    });
  }

  draw() {
    const study = this.study;
    this.begin();
    const front = new Front(study);
    // All that was ever on the front spans the box, so that one far point does not.
    const joined = front.history.map((step) => front.losses(step.row));
    const m = study.objectives.length;
    const ideal = d3.range(m).map((k) => d3.min(joined, (loss) => loss[k]));
    const reference = d3.range(m).map((k) => {
      const worst = d3.max(joined, (loss) => loss[k]);
      return worst + 0.01 * (worst - ideal[k] || 1);
    });
    const whole = reference.reduce((product, r, k) => product * (r - ideal[k]), 1);
    const steps = this.steps = front.history.map((step) => ({row: step.row, share: hypervolume(step.front, reference) / whole}));
    const sx = d3.scaleLinear().domain([0, study.id[study.n - 1] || 1]).range([this.left, this.right]);
    const sy = d3.scaleLinear().domain([0, Math.min(1, d3.max(steps, (s) => s.share) * 1.08)]).range([this.bottom, this.top]);
    this.axisBottom(sx.ticks(this.width / 90).filter(Number.isInteger).map((t) => ({at: sx(t), text: formatCount(t)})), "trial");
    this.axisLeft(sy.ticks(5).map((t) => ({at: sy(t), text: `${Math.round(100 * t)} %`})), "share of the box that is dominated, more is better", {titleAt: 12});
    const path = steps.map((s, k) => `${k === 0 ? "M" : "H"}${sx(study.id[s.row])}${k === 0 ? "," : "V"}${sy(s.share)}`).join("");
    this.svg.append("g").attr("class", "best").append("path").attr("d", `${path}H${this.right}`);
    const at = new Map(steps.map((s) => [s.row, s.share]));
    this.points = {rows: steps.map((s) => s.row), x: (i) => sx(study.id[i]), y: (i) => sy(at.get(i))};
  }

  drawSelection() {
    const context = this.beginSelection();
    this.plot.classList.remove("dimmed");
    const i = this.selection.hovered;
    if (i >= 0) drawHovered(context, this.points.x(i), this.points.y(i));
  }

  table() {
    return {
      caption: "When the front grew",
      columns: [{text: "trial", number: true}, {text: "dominated", number: true}],
      rows: this.steps.slice(-MOST_TABLE_ROWS).map((s) => [this.study.id[s.row], `${(100 * s.share).toFixed(1)} %`]),
    };
  }
}
