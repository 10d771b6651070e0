// How the objective went: every trial's value, and the best so far, over trials or over what they
// cost.

class HistoryPlot extends Figure {
  static wants(view) {
    return view.study.value.some((v) => !Number.isNaN(v));
  }

  constructor(view) {
    super(view, {
      id: "history", title: "History", wide: true, height: 340, margin: {right: 70, top: 22},
      what: "Each trial’s value, and the best so far.",
    });
    this.axis = "trials";
    this.log = undefined;
    this.makeControls();
  }

  makeControls() {
    const study = this.study;
    const axes = [{value: "trials", text: "trials"}];
    if (study.steps.some((v) => v > 0)) axes.push({value: "steps", text: `${study.unit}s of training`});
    if (study.seconds.some((v) => v > 0)) axes.push({value: "seconds", text: "time of training"});
    if (study.cost) axes.push({value: "cost", text: study.costMetric});
    if (study.started.some((v) => v > 0)) axes.push({value: "clock", text: "time since the start"});
    this.controls.replaceChildren(
      makeSelect("Against", axes, this.axis, (value) => {
        this.axis = value;
        this.view.dropBrush("history");
        this.redraw();
      }),
      makeCheckbox("Log scale", false, (checked) => {
        this.log = checked;
        this.view.dropBrush("history");
        this.redraw();
      }));
    this.logBox = this.controls.querySelector("input");
  }

  // For each row where it stands: what had been spent by its end.
  places() {
    const study = this.study;
    const x = new Float64Array(study.n).fill(NaN);
    if (this.axis === "clock") {
      const first = d3.min(study.started.filter((v) => v > 0));
      for (let i = 0; i < study.n; ++i) if (study.started[i] > 0) x[i] = study.started[i] + study.seconds[i] - first;
      return x;
    }
    if (this.axis === "trials") return study.id;
    const spent = study[this.axis];
    let sum = 0;
    for (let i = 0; i < study.n; ++i) {
      sum += spent[i] || 0;
      x[i] = sum;
    }
    return x;
  }

  // The rows that were the best so far, in the order of the axis.
  improvements(x) {
    const study = this.study;
    const rows = d3.range(study.n).filter((i) => study.countsForBest(i) && !Number.isNaN(x[i]));
    if (this.axis === "clock") rows.sort((a, b) => x[a] - x[b]);
    const best = [];
    for (const i of rows) {
      if (best.length === 0 || study.loss[i] < study.loss[best[best.length - 1]]) best.push(i);
    }
    return best;
  }

  draw() {
    const study = this.study;
    const context = this.begin();
    const x = this.x = this.places();
    const values = new ValueScale(study.value, study.goal, this.log);
    this.logBox.checked = values.log;
    this.logBox.disabled = !values.canLog;
    const last = d3.max(x) || 1;
    const sx = this.sx = d3.scaleLinear().domain([this.axis === "trials" ? -0.5 : 0, this.axis === "trials" ? last + 0.5 : last * 1.01])
      .range([this.left, this.right]);
    const sy = this.sy = values.onto([this.bottom, this.top]);
    this.values = values;
    const time = this.axis === "seconds" || this.axis === "clock";
    const ticks = sx.ticks(Math.max(2, this.width / 130)).filter((t) => this.axis !== "trials" || Number.isInteger(t));
    this.axisBottom(ticks.map((t) => ({at: sx(t), text: time ? formatSeconds(t) : formatCount(t)})),
                    {trials: "trial", steps: `${study.unit}s of training, all trials together`,
                     seconds: "time of training, all trials together", clock: "time since the start",
                     cost: study.costMetric}[this.axis]);
    this.axisLeft(this.valueTicks(values, sy, 6), `${study.metric}${values.log ? " (log scale)" : ""}, ${study.goal === "maximize" ? "more" : "less"} is better`,
                  {titleAt: 11});
    const rows = study.drawn(MOST_POINTS, (i) => !Number.isNaN(study.value[i]) && !Number.isNaN(x[i]));
    this.points = {rows, x: (i) => sx(x[i]), y: (i) => sy(study.value[i])};
    drawPoints(context, study, rows, this.points.x, this.points.y, pointSize(rows.length), rows.length > 1500 ? 0.6 : 0.85);
    this.drawFailures(context, x, sx);
    this.drawBest(x, sx, sy);
    this.noteDrawn(rows.length, values);
    this.addBrush("history", boxBrush(), [[this.left, this.top], [this.right, this.bottom]], (shares) => this.condition(shares));
  }

  noteDrawn(drawn, values) {
    const study = this.study;
    const all = study.value.reduce((sum, v) => sum + !Number.isNaN(v), 0);
    const beyond = values.beyond > 0 ? `${plural(values.beyond, "value")} beyond the axis ${values.beyond === 1 ? "stands" : "stand"} at its edge.` : "";
    this.notePoints(drawn, all, beyond);
  }

  // Trials without a value, as marks on the lower axis.
  drawFailures(context, x, sx) {
    const study = this.study;
    context.strokeStyle = THEME.failed;
    context.lineWidth = 1;
    context.globalAlpha = 0.8;
    context.beginPath();
    for (const i of study.drawn(MOST_POINTS, (row) => study.state[row] === FAILED && Number.isNaN(study.value[row]) && !Number.isNaN(x[row]))) {
      context.moveTo(sx(x[i]), this.bottom - 7);
      context.lineTo(sx(x[i]), this.bottom);
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  drawBest(x, sx, sy) {
    const study = this.study;
    const best = this.best = this.improvements(x);
    if (best.length === 0) return;
    const path = [`M${sx(x[best[0]])},${sy(study.value[best[0]])}`];
    for (const i of best.slice(1)) path.push(`H${sx(x[i])}V${sy(study.value[i])}`);
    path.push(`H${this.right}`);
    const g = this.svg.append("g").attr("class", "best");
    g.append("path").attr("d", path.join(""));
    const last = best[best.length - 1];
    g.append("text").attr("x", this.right + 6).attr("y", sy(study.value[last]) + 4).text(formatNumber(study.value[last]));
  }

  condition([[u0, v0], [u1, v1]]) {
    const {x, sx, sy} = this, value = this.study.value;
    const across = (u) => sx.invert(this.left + u * (this.right - this.left));
    const down = (v) => sy.invert(this.top + v * (this.bottom - this.top));
    const [low, high] = [across(u0), across(u1)];
    // The edge of the plot holds what is beyond it.
    const most = v0 <= 0.01 ? Infinity : down(v0);
    const least = v1 >= 0.99 ? -Infinity : down(v1);
    return {
      text: `${this.study.metric} ${formatNumber(down(v1))} … ${formatNumber(down(v0))}`,
      test: (i) => x[i] >= low && x[i] <= high && value[i] >= least && value[i] <= most,
    };
  }

  drawSelection() {
    const context = this.beginSelection();
    const study = this.study, {x, y} = this.points;
    if (this.selection.active) {
      const rows = this.selection.drawn(MOST_POINTS, (i) => !Number.isNaN(study.value[i]) && !Number.isNaN(this.x[i]));
      drawPoints(context, study, rows, x, y, pointSize(rows.length) + 0.4, 0.9);
    }
    const i = this.selection.hovered;
    if (i >= 0) drawHovered(context, x(i), y(i));
  }

  table() {
    const study = this.study;
    return {
      caption: "The trials that improved the best value",
      columns: [{text: "trial", number: true}, {text: study.metric, number: true}, {text: "at", number: true}],
      rows: (this.best || []).slice(-MOST_TABLE_ROWS).map((i) => [study.id[i], formatNumber(study.value[i]),
        this.axis === "seconds" || this.axis === "clock" ? formatSeconds(this.x[i]) : formatNumber(this.x[i])]),
    };
  }
}
