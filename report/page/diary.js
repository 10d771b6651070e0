// How models came about that were changed while they trained: each trial is a stretch of training that
// goes on from an earlier one. What became the result is drawn bold, with the changes along it; what
// was left behind (rolled back, or replaced) ends on the way.

const MOST_CHANGES = 4;

class DiaryPlot extends Figure {
  static wants(view) {
    return DiaryPlot.changes(view.study) > 0;
  }

  // How many trials go on from another one with other settings.
  static changes(study) {
    let count = 0;
    for (let i = 0; i < study.n; ++i) {
      const from = study.rowOf.get(study.resume_from[i]);
      if (from !== undefined && study.reportCount[i] > 0 && DiaryPlot.changed(study, from, i).length > 0) ++count;
    }
    return count;
  }

  static changed(study, from, i) {
    return d3.range(study.space.length).filter((p) => !Object.is(study.params[p][from], study.params[p][i]));
  }

  constructor(view) {
    const panda = formatPlugin(view.study.runner).startsWith("panda");
    super(view, {
      id: "diary", title: panda ? "The panda’s diary" : "Lines of descent", wide: true, height: 420, margin: {top: 24, right: 24, left: 70},
      what: "The bold line is how the best model came about; a dot on it is a change of its settings, which the strips below show. Lines that end were left: rolled back, or replaced by copies of better ones.",
    });
  }

  // As CurvesPlot, of the objective.
  curve(i) {
    return this.curves.curve(i);
  }

  draw() {
    const study = this.study;
    this.curves = {study, metric: Math.max(0, study.metrics.indexOf(study.metric)), curve: CurvesPlot.prototype.curve, chain: CurvesPlot.prototype.chain};
    const kept = this.kept = study.best < 0 ? [] : this.curves.chain(study.best).reverse();
    // What changed along the way, and is worth a strip.
    const counts = new Map();
    kept.forEach((i, k) => {
      if (k > 0) for (const p of DiaryPlot.changed(study, kept[k - 1], i)) counts.set(p, (counts.get(p) || 0) + 1);
    });
    this.strips = Array.from(counts.entries()).sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, MOST_CHANGES).map(([p]) => p);
    const stripHeight = 58, mainHeight = 300;
    this.setHeight(mainHeight + this.strips.length * stripHeight + 52);
    const context = this.begin();
    this.mainBottom = mainHeight;
    const rows = this.rows = study.drawn(MOST_CURVES * 3, (i) => study.reportCount[i] > 0);
    const ends = rows.flatMap((i) => this.curve(i).map(([, v]) => v));
    const values = new ValueScale(ends, study.goal);
    const last = d3.max(rows, (i) => study.reportStep[study.reportStart[i] + study.reportCount[i] - 1]);
    const sx = this.sx = d3.scaleLinear().domain([0, last]).range([this.left, this.right]);
    const sy = this.sy = values.onto([mainHeight, this.top]);
    const bottom = mainHeight + this.strips.length * stripHeight + 6;
    this.axisBottom(sx.ticks(Math.min(last, this.width / 80)).filter(Number.isInteger).map((t) => ({at: sx(t), text: formatCount(t)})), study.unit, {y: bottom});
    this.axisLeft(this.valueTicks(values, sy, 6), `${study.metric}${values.log ? " (log scale)" : ""}`, {titleAt: 12});
    const on = new Set(kept);
    context.lineWidth = 1.1;
    for (const i of rows) {
      if (on.has(i)) continue;
      context.strokeStyle = study.state[i] === FAILED ? THEME.failed : THEME.stopped;
      context.globalAlpha = 0.7;
      this.trace(context, this.curve(i));
    }
    // An end that nothing goes on from.
    const left = new Set(rows);
    for (let i = 0; i < study.n; ++i) left.delete(study.rowOf.get(study.resume_from[i]));
    context.lineWidth = 1.3;
    for (const i of left) {
      if (on.has(i)) continue;
      const points = this.curve(i);
      if (points.length === 0) continue;
      context.strokeStyle = study.state[i] === FAILED ? THEME.failed : THEME.stopped;
      context.beginPath();
      context.arc(sx(points[points.length - 1][0]), sy(points[points.length - 1][1]), 3, 0, 2 * Math.PI);
      context.stroke();
    }
    context.globalAlpha = 1;
    this.drawKept(context, kept);
    this.drawKey();
    this.strips.forEach((p, k) => this.drawStrip(p, mainHeight + 28 + k * stripHeight, stripHeight - 26));
    const end = (i) => {
      const points = this.curve(i);
      return points.length === 0 ? [NaN, NaN] : points[points.length - 1];
    };
    this.points = {rows, x: (i) => sx(end(i)[0]), y: (i) => sy(end(i)[1])};
    const rolledBack = Array.from(left).filter((i) => !on.has(i)).length;
    this.note.textContent = `${plural(kept.length, "stretch").replace("stretchs", "stretches")} made the best model, with ${plural(this.changesOf(kept), "change")}; ${formatCount(rolledBack)} others were left.`;
  }

  // What the marks say.
  drawKey() {
    const g = this.svg.append("g").attr("class", "key");
    let x = this.right;
    for (const [kind, text] of [["left", "left behind"], ["changed", "change of settings"]]) {
      x -= textWidth(text);
      g.append("text").attr("x", x).attr("y", 12).text(text);
      x -= 10;
      g.append("circle").attr("class", kind).attr("cx", x).attr("cy", 8).attr("r", kind === "left" ? 3 : 4.5);
      x -= 18;
    }
  }

  changesOf(kept) {
    return kept.reduce((sum, i, k) => sum + (k > 0 && DiaryPlot.changed(this.study, kept[k - 1], i).length > 0), 0);
  }

  trace(context, points) {
    context.beginPath();
    points.forEach(([x, y], k) => (k === 0 ? context.moveTo(this.sx(x), this.sy(y)) : context.lineTo(this.sx(x), this.sy(y))));
    context.stroke();
  }

  drawKept(context, kept) {
    const study = this.study;
    context.strokeStyle = THEME.ink;
    context.lineWidth = 2.4;
    for (const i of kept) this.trace(context, this.curve(i));
    context.fillStyle = THEME.accent;
    context.strokeStyle = THEME.panel;
    kept.forEach((i, k) => {
      if (k === 0 || DiaryPlot.changed(study, kept[k - 1], i).length === 0) return;
      const points = this.curve(i);
      if (points.length === 0) return;
      context.beginPath();
      context.arc(this.sx(points[0][0]), this.sy(points[0][1]), 5, 0, 2 * Math.PI);
      context.fill();
      context.lineWidth = 1.5;
      context.stroke();
    });
  }

  // One parameter along the kept line.
  drawStrip(p, top, height) {
    const study = this.study, scale = study.scales[p];
    const g = this.svg.append("g").attr("class", "axis");
    const used = this.kept.map((i) => scale.toUnit(study.params[p][i])).filter((u) => !Number.isNaN(u));
    let low = d3.min(used), high = d3.max(used);
    if (!(high > low)) [low, high] = [low - 0.1, high + 0.1];
    const y = (u) => top + height - 4 - (u - low) / (high - low) * (height - 8);
    g.append("line").attr("class", "grid").attr("x1", this.left).attr("x2", this.right).attr("y1", top + height).attr("y2", top + height);
    g.append("text").attr("class", "name").attr("x", this.left + 4).attr("y", top - 5).text(`${scale.name}${scale.note() ? ` (${scale.note()})` : ""}`);
    for (const u of [low, high]) g.append("text").attr("x", this.left - 7).attr("y", y(u) + 4).attr("text-anchor", "end").text(shorten(scale.format(scale.fromUnit(u)), this.left - 8));
    let path = "";
    for (const i of this.kept) {
      const u = scale.toUnit(study.params[p][i]);
      const points = this.curve(i);
      if (Number.isNaN(u) || points.length === 0) continue;
      const start = path === "" ? 0 : points[0][0];
      path += `${path === "" ? "M" : "L"}${this.sx(start)},${y(u)}H${this.sx(points[points.length - 1][0])}`;
    }
    this.svg.append("g").attr("class", "strip").append("path").attr("d", path);
  }

  drawSelection() {
    const context = this.beginSelection();
    const study = this.study;
    if (this.selection.active) {
      context.lineWidth = 1.5;
      for (const i of this.rows) {
        if (this.selection.mask[i] === 0) continue;
        context.strokeStyle = THEME.states[study.state[i]];
        this.trace(context, this.curve(i));
      }
    }
    const i = this.selection.hovered;
    if (i >= 0 && study.reportCount[i] > 0) {
      context.strokeStyle = THEME.accent;
      context.lineWidth = 3;
      for (const row of this.curves.chain(i)) this.trace(context, this.curve(row));
      drawHovered(context, this.points.x(i), this.points.y(i));
    }
  }

  // Day by day, as a diary is read.
  table() {
    const study = this.study;
    const on = new Set(this.kept);
    const rows = d3.range(study.n).filter((i) => study.state[i] >= COMPLETE).slice(0, MOST_TABLE_ROWS);
    return {
      caption: "Trial by trial",
      columns: [{text: "trial", number: true}, {text: "goes on from", number: true}, {text: `${study.unit}s`}, {text: study.metric, number: true}, {text: "kept"}, {text: "changed"}, {text: "why"}],
      rows: rows.map((i) => {
        const from = study.rowOf.get(study.resume_from[i]);
        const start = study.reportStart[i], count = study.reportCount[i];
        const changed = from === undefined ? "" : DiaryPlot.changed(study, from, i).map((p) => `${study.scales[p].name} ${study.scales[p].format(study.params[p][i])}`).join(", ");
        return [study.id[i], from === undefined ? "–" : study.id[from], count > 0 ? `${study.reportStep[start]}–${study.reportStep[start + count - 1]}` : "–",
                formatNumber(study.value[i]), on.has(i) ? "yes" : "", changed, this.view.trials.reason(i)];
      }),
    };
  }
}
