// Parallel coordinates: a line a trial through its value of each parameter and of each objective. A
// brush on an axis keeps the trials that pass there.

class ParallelPlot extends Figure {
  static wants(view) {
    return view.study.space.length > 0 && view.study.n > 0;
  }

  constructor(view) {
    super(view, {
      id: "parallel", title: "Parallel coordinates", wide: true, height: 392,
      margin: {top: 58, bottom: 34, left: 56, right: 70},
      what: "A line is a trial; the further its colour from the background, the better. Drag along an axis to keep the trials that pass there.",
    });
    this.all = false;
    const count = this.study.space.length;
    this.allBox = makeCheckbox(`All ${count} parameters`, false, (checked) => {
      this.all = checked;
      this.redraw();
    });
    this.controls.replaceChildren(this.allBox);
  }

  // The axes: parameters, the most important first, then objectives. Each has a name, a column, and
  // the place of a value as a share of the height from below.
  makeAxes() {
    const study = this.study;
    const room = Math.max(3, Math.floor((this.right - this.left) / 88) + 1 - study.objectives.length);
    this.allBox.hidden = study.space.length <= room;
    const shown = study.parametersByImportance().slice(0, this.all ? study.space.length : room);
    const axes = shown.map((p) => {
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
    this.staggered = axes.some((axis) => textWidth(axis.name, true) > gap - 10);
    for (const axis of axes) this.drawAxis(axis, gap);
  }

  hasPoint(i) {
    for (const column of this.study.params) if (!Number.isNaN(column[i])) return true;
    return false;
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
    // Names that would meet stand on two levels; the last one ends where the plot does.
    const last = axis === this.axes[this.axes.length - 1] && this.axes.length > 1;
    const level = this.staggered && this.axes.indexOf(axis) % 2 === 1 ? 14 : 0;
    const heading = (text, y, kind, room) => g.append("text").attr("class", kind).attr("y", y).attr("x", last ? this.width : axis.x - 4)
      .attr("text-anchor", last ? "end" : "start").text(shorten(text, last ? room / 2 + this.margin.right : room, kind === "name"));
    heading(axis.name, this.top - 24 - level, "name", (this.staggered ? 2 : 1) * gap - 10);
    heading(axis.note, this.top - 10, "scale", gap - 10);
    if (axis.column.some((v, i) => Number.isNaN(v) && this.study.state[i] >= COMPLETE) && !axis.objective) {
      g.append("text").attr("x", axis.x + 5).attr("y", this.inactive + 4).text(shorten("inactive", gap - 24));
    }
    this.addBrush(`parallel ${axis.key}`, verticalBrush(), [[axis.x - 10, this.top], [axis.x + 10, this.bottom]],
                  ([v0, v1]) => this.condition(axis, 1 - v1, 1 - v0));
  }

  condition(axis, low, high) {
    // Once for a brush, not for each of its moves.
    const units = axis.units || (axis.units = axis.column.map((v) => axis.unit(v)));
    return {
      text: `${axis.name} ${axis.format(low)} … ${axis.format(high)}`,
      test: (i) => units[i] >= low - 1e-9 && units[i] <= high + 1e-9,
    };
  }

  drawSelection() {
    const context = this.beginSelection();
    const study = this.study;
    if (this.selection.active) {
      const rows = this.selection.drawn(MOST_LINES / 2, (i) => study.state[i] >= COMPLETE && this.hasPoint(i));
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
