// Rungs: how good the trials were that were trained so far, and which of them went on.

class RungsPlot extends Figure {
  static wants(view) {
    return RungsPlot.rungs(view.study).length > 1;
  }

  // The distances that trials were to be trained, ascending. More than a few are no rungs.
  static rungs(study) {
    const budgets = new Set();
    for (let i = 0; i < study.n; ++i) if (!Number.isNaN(study.budget[i]) && study.state[i] >= COMPLETE) budgets.add(study.budget[i]);
    if (budgets.size > 0 && study.maxSteps > 0) {
      for (let i = 0; i < study.n; ++i) if (Number.isNaN(study.budget[i]) && study.state[i] === COMPLETE) budgets.add(study.maxSteps);
    }
    return budgets.size > 16 ? [] : Array.from(budgets).sort((a, b) => a - b);
  }

  constructor(view) {
    super(view, {
      id: "rungs", title: "Rungs", height: 320, margin: {top: 40},
      what: "The trials at the end of each stretch of training: those that went on are filled, those that were left are open.",
    });
  }

  draw() {
    const study = this.study;
    const context = this.begin();
    const rungs = this.rungs = RungsPlot.rungs(study);
    this.wentOn = new Set();
    for (let i = 0; i < study.n; ++i) {
      const from = study.rowOf.get(study.resume_from[i]);
      if (from !== undefined) this.wentOn.add(from);
    }
    const wanted = (i) => study.state[i] >= COMPLETE && !Number.isNaN(study.value[i]) && this.rung(i) >= 0;
    const rows = this.rows = study.drawn(MOST_POINTS / 2, wanted);
    const values = new ValueScale(rows.map((i) => study.value[i]), study.goal);
    const band = (this.right - this.left) / rungs.length;
    const sy = values.onto([this.bottom, this.top]);
    const x = (i) => this.left + (this.rung(i) + 0.5 + (((study.id[i] * 0.6180339887) % 1) - 0.5) * 0.62) * band;
    this.points = {rows, x, y: (i) => sy(study.value[i])};
    this.paint(context, rows, pointSize(rows.length), 0.85);
    this.axisBottom(rungs.map((rung, r) => ({at: this.left + (r + 0.5) * band, text: `${formatCount(rung)}`})), `trained to ${study.unit}`);
    this.axisLeft(this.valueTicks(values, sy, 6), `${study.metric}${values.log ? " (log scale)" : ""}`, {titleAt: 12});
    this.counts = rungs.map(() => ({trials: 0, on: 0, failed: 0, values: []}));
    for (let i = 0; i < study.n; ++i) {
      if (study.state[i] < COMPLETE || this.rung(i) < 0) continue;
      const count = this.counts[this.rung(i)];
      count.trials += 1;
      if (this.isOn(i)) count.on += 1;
      if (study.state[i] === FAILED) count.failed += 1;
      if (!Number.isNaN(study.value[i])) count.values.push(study.value[i]);
    }
    const g = this.svg.append("g").attr("class", "trend");
    rungs.forEach((_, r) => {
      const count = this.counts[r], at = this.left + (r + 0.5) * band;
      const median = d3.median(count.values);
      if (median !== undefined) g.append("line").attr("x1", at - band * 0.34).attr("x2", at + band * 0.34).attr("y1", sy(median)).attr("y2", sy(median));
      const label = r === rungs.length - 1 ? formatCount(count.trials) : `${formatCount(count.trials)}, ${formatCount(count.on)} went on`;
      g.append("text").attr("x", at).attr("y", 30).attr("text-anchor", "middle").text(textWidth(label) > band ? formatCount(count.trials) : label);
    });
  }

  rung(i) {
    const study = this.study;
    return this.rungs.indexOf(Number.isNaN(study.budget[i]) ? study.maxSteps : study.budget[i]);
  }

  // It went on, or came to the end.
  isOn(i) {
    return this.wentOn.has(i) || (this.study.state[i] === COMPLETE && this.rung(i) === this.rungs.length - 1);
  }

  paint(context, rows, size, alpha) {
    const {x, y} = this.points;
    context.lineWidth = 1.3;
    context.globalAlpha = alpha;
    for (let k = rows.length - 1; k >= 0; --k) {
      const i = rows[k], on = this.isOn(i);
      context.fillStyle = context.strokeStyle = on ? THEME.complete : this.study.state[i] === FAILED ? THEME.failed : THEME.stopped;
      drawPoint(context, on ? COMPLETE : STOPPED, x(i), y(i), size);
    }
    context.globalAlpha = 1;
  }

  drawSelection() {
    const context = this.beginSelection();
    if (this.selection.active) this.paint(context, this.rows.filter((i) => this.selection.mask[i] === 1), pointSize(this.rows.length) + 0.4, 0.95);
    const i = this.selection.hovered;
    if (i >= 0 && this.rung(i) >= 0) drawHovered(context, this.points.x(i), this.points.y(i));
  }

  table() {
    const study = this.study;
    return {
      caption: "Trials by how far they were trained",
      columns: [{text: `to ${study.unit}`, number: true}, {text: "trials", number: true}, {text: "went on", number: true}, {text: "failed", number: true}, {text: `median ${study.metric}`, number: true}, {text: "best", number: true}],
      rows: this.rungs.map((rung, r) => {
        const count = this.counts[r];
        return [formatCount(rung), formatCount(count.trials), formatCount(count.on), formatCount(count.failed), formatNumber(d3.median(count.values)),
                formatNumber(study.goal === "maximize" ? d3.max(count.values) : d3.min(count.values))];
      }),
    };
  }
}
