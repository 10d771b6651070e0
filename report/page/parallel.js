// Parallel coordinates: a line a trial through its value of each parameter and of each objective. A
// brush on an axis keeps the trials that pass there.

class ParallelPlot extends Figure {
  static wants(view) {
    return view.study.space.length > 0 && view.study.n > 0;
  }

  constructor(view) {
    super(view, {
      id: "parallel", title: "Parallel coordinates", wide: true, height: 380,
      margin: {top: 46, bottom: 34, left: 56, right: 70},
      what: "A line is a trial; the darker it is, the better. Drag along an axis to keep the trials that pass there.",
    });
    this.extents = new Map();  // by axis: the brushed stretch, as shares of its height
    this.plot.classList.add("scrolls");
  }

  // The axes: parameters, the most important first, then objectives. Each has a name, a column, and
  // the place of a value as a share of the height from below.
  makeAxes() {
    const study = this.study;
    const axes = study.parametersByImportance().map((p) => {
      const scale = study.scales[p];
      return {key: `param ${p}`, name: scale.name, note: scale.note(), column: study.params[p],
              unit: (v) => scale.toUnit(v), format: (u) => scale.format(scale.fromUnit(u)), ticks: scale.ticks(5),
              text: scale.categorical};
    });
    study.objectives.forEach((objective, k) => {
      const values = new ValueScale(study.values[k], objective.goal);
      const scale = values.onto([0, 1]);
      axes.push({key: `value ${k}`, name: objective.metric, note: values.log ? "log scale" : "", column: study.values[k], unit: scale, objective: true,
                 format: (u) => formatNumber(scale.invert(u)),
                 ticks: values.ticks(5).map((v) => ({unit: scale(v), text: formatNumber(v)}))});
    });
    return axes;
  }

  draw() {
    const axes = this.axes = this.makeAxes();
    const context = this.begin();
    const study = this.study;
    const gap = (this.right - this.left) / Math.max(1, axes.length - 1);
    axes.forEach((axis, a) => { axis.x = axes.length === 1 ? this.left : this.left + a * gap; });
    // Where an inactive parameter's line passes.
    this.inactive = this.bottom + 16;
    const rows = this.rows = study.drawn(MOST_LINES, (i) => study.state[i] >= COMPLETE && this.hasPoint(i));
    this.drawLines(context, rows, rows.length > 300 ? 0.35 : 0.6);
    const all = d3.range(study.n).reduce((sum, i) => sum + (study.state[i] >= COMPLETE && this.hasPoint(i)), 0);
    this.notePoints(rows.length, all);
    const last = axes[axes.length - 1];
    this.points = {rows, x: () => last.x, y: (i) => this.y(last, i)};
    for (const axis of axes) this.drawAxis(axis, gap);
  }

  hasPoint(i) {
    return this.study.params.some((column) => !Number.isNaN(column[i]));
  }

  y(axis, i) {
    const u = axis.unit(axis.column[i]);
    return Number.isNaN(u) ? this.inactive : this.bottom - u * (this.bottom - this.top);
  }

  drawLines(context, rows, alpha) {
    const study = this.study;
    context.lineWidth = 1;
    context.globalAlpha = alpha;
    // The best last, on top.
    for (let k = rows.length - 1; k >= 0; --k) {
      const i = rows[k];
      context.strokeStyle = study.state[i] === FAILED || Number.isNaN(study.quality[i]) ? THEME.failed : THEME.quality(study.quality[i]);
      context.beginPath();
      for (const axis of this.axes) context.lineTo(axis.x, this.y(axis, i));
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  drawAxis(axis, gap) {
    const g = this.svg.append("g").attr("class", "axis vertical");
    g.append("line").attr("x1", axis.x).attr("x2", axis.x).attr("y1", this.top).attr("y2", this.bottom);
    for (const {unit, text} of axis.ticks) {
      const y = this.bottom - unit * (this.bottom - this.top);
      g.append("line").attr("x1", axis.x - 4).attr("x2", axis.x).attr("y1", y).attr("y2", y);
      const label = shorten(text, gap - 24);
      g.append("rect").attr("class", "halo").attr("x", axis.x + 3).attr("y", y - 7).attr("width", textWidth(label) + 3).attr("height", 14);
      g.append("text").attr("x", axis.x + 5).attr("y", y + 4).text(label);
    }
    g.append("text").attr("class", axis.objective ? "name objective" : "name").attr("x", axis.x - 4).attr("y", this.top - 24)
      .text(shorten(axis.name, gap - 6));
    g.append("text").attr("x", axis.x - 4).attr("y", this.top - 10).text(shorten(axis.note, gap - 6));
    if (axis.column.some((v, i) => Number.isNaN(v) && this.study.state[i] >= COMPLETE) && !axis.objective) {
      g.append("text").attr("x", axis.x + 5).attr("y", this.inactive + 4).text(shorten("inactive", gap - 24));
    }
    const brush = d3.brushY();
    axis.brush = brush;
    axis.layer = this.addBrush(brush, [[axis.x - 10, this.top], [axis.x + 10, this.bottom]], (extent) => this.setBrush(axis, extent));
    const extent = this.extents.get(axis.key);
    if (extent) axis.layer.call(brush.move, extent.map((u) => this.bottom - u * (this.bottom - this.top)));
  }

  setBrush(axis, extent) {
    const key = `parallel ${axis.key}`;
    if (extent === null) {
      this.extents.delete(axis.key);
      this.selection.set(key, null);
      return;
    }
    const [high, low] = extent.map((y) => (this.bottom - y) / (this.bottom - this.top));
    this.extents.set(axis.key, [high, low]);
    const units = axis.column.map((v) => axis.unit(v));
    this.selection.set(key, {
      text: `${axis.name} ${axis.format(low)} … ${axis.format(high)}`,
      test: (i) => units[i] >= low - 1e-9 && units[i] <= high + 1e-9,
    });
  }

  onCleared() {
    this.extents.clear();
    for (const axis of this.axes) axis.layer.call(axis.brush.move, null);
  }

  drawSelection() {
    const context = this.beginSelection();
    const study = this.study;
    if (this.selection.active) {
      const rows = study.drawn(MOST_LINES / 2, (i) => this.selection.mask[i] === 1 && study.state[i] >= COMPLETE && this.hasPoint(i));
      this.drawLines(context, rows, rows.length > 200 ? 0.5 : 0.8);
    }
    const i = this.selection.hovered;
    if (i >= 0 && this.hasPoint(i)) {
      context.lineWidth = 2.5;
      context.strokeStyle = THEME.ink;
      context.beginPath();
      for (const axis of this.axes) context.lineTo(axis.x, this.y(axis, i));
      context.stroke();
    }
  }

  table() {
    const study = this.study;
    const rows = study.drawn(50, (i) => study.countsForBest(i));
    return {
      caption: `The ${rows.length} best trials`,
      columns: [{text: "trial", number: true}, ...this.axes.map((axis) => ({text: axis.name, number: !axis.text}))],
      rows: rows.map((i) => [study.id[i], ...this.axes.map((axis) =>
        axis.objective ? formatNumber(axis.column[i]) : Number.isNaN(axis.column[i]) ? "–" : axis.format(axis.unit(axis.column[i])))]),
    };
  }
}
