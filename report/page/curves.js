// Learning curves: what trials reported while they trained, and where they were stopped.

const MOST_CURVES = 300;

class CurvesPlot extends Figure {
  static wants(view) {
    const study = view.study;
    // A curve has two points; a trial that goes on from another one adds to its curve.
    return study.reportCount.some((count, i) => count > 1 || (count > 0 && !Number.isNaN(study.resume_from[i])));
  }

  constructor(view) {
    super(view, {
      id: "curves", title: "Learning curves", wide: true, height: 340, margin: {right: 24, top: 22},
      what: "What each trial reported while it trained. The best is drawn bold; an open end is a trial that was stopped.",
    });
    this.metric = Math.max(0, this.study.metrics.indexOf(this.study.metric));
    this.log = undefined;
    const controls = [];
    if (this.study.metrics.length > 1) {
      controls.push(makeSelect("Metric", this.study.metrics.map((name, m) => ({value: String(m), text: name})), String(this.metric), (value) => {
        this.metric = Number(value);
        this.log = undefined;
        this.redraw();
      }));
    }
    controls.push(makeCheckbox("Log scale", false, (checked) => {
      this.log = checked;
      this.redraw();
    }));
    this.controls.replaceChildren(...controls);
    this.logBox = this.controls.querySelector("input");
  }

  // A trial's curve, [[step, value]]; it begins where the trial that it goes on from has ended.
  curve(i) {
    const study = this.study, column = study.reportValues[this.metric];
    const points = [];
    const from = study.rowOf.get(study.resume_from[i]);
    const start = study.reportStart[i], end = start + study.reportCount[i];
    if (from !== undefined && study.reportCount[from] > 0) {
      const last = study.reportStart[from] + study.reportCount[from] - 1;
      if (study.reportStep[last] < study.reportStep[start]) points.push([study.reportStep[last], column[last]]);
    }
    for (let k = start; k < end; ++k) points.push([study.reportStep[k], column[k]]);
    return points.filter(([, v]) => !Number.isNaN(v));
  }

  // The trials from the first training on to that one.
  chain(i) {
    const study = this.study, rows = [];
    for (let row = i; row !== undefined && rows.length < 10000; row = study.rowOf.get(study.resume_from[row])) rows.push(row);
    return rows;
  }

  draw() {
    const study = this.study;
    const context = this.begin();
    const wanted = (i) => study.reportCount[i] > 0;
    const rows = this.rows = study.drawn(MOST_CURVES, wanted);
    const ends = [];
    for (const i of rows) {
      // The first reports, which are the worst, do not make the axis.
      for (const [, v] of this.curve(i).slice(study.reportCount[i] > 2 ? 1 : 0)) ends.push(v);
    }
    const goal = study.metrics[this.metric] === study.metric ? study.goal : "minimize";
    const values = new ValueScale(ends, goal, this.log);
    this.logBox.checked = values.log;
    this.logBox.disabled = !values.canLog;
    const last = d3.max(rows, (i) => study.reportStep[study.reportStart[i] + study.reportCount[i] - 1]);
    const first = d3.min(rows, (i) => study.reportStep[study.reportStart[i]]);
    const sx = this.sx = d3.scaleLinear().domain([Math.min(first, last - 1), last]).range([this.left + 6, this.right]);
    const sy = this.sy = values.onto([this.bottom, this.top]);
    this.axisBottom(sx.ticks(Math.min(last, this.width / 80)).filter(Number.isInteger).map((t) => ({at: sx(t), text: formatCount(t)})), study.unit);
    this.axisLeft(this.valueTicks(values, sy, 6), `${study.metrics[this.metric]}${values.log ? " (log scale)" : ""}`, {titleAt: 12});
    this.drawCurves(context, rows, rows.length > 60 ? 0.35 : 0.6, 1.1);
    if (study.best >= 0 && study.reportCount[study.best] > 0) this.drawBest(context);
    const end = (i) => {
      const points = this.curve(i);
      return points.length === 0 ? [NaN, NaN] : points[points.length - 1];
    };
    this.points = {rows, x: (i) => sx(end(i)[0]), y: (i) => sy(end(i)[1])};
    const all = study.reportCount.reduce((sum, count) => sum + (count > 0), 0);
    this.notePoints(rows.length, all, study.reportsThinned ? "Long curves are thinned." : "");
  }

  drawCurves(context, rows, alpha, width) {
    const study = this.study;
    context.lineWidth = width;
    for (let k = rows.length - 1; k >= 0; --k) {
      const i = rows[k];
      const points = this.curve(i);
      if (points.length === 0) continue;
      context.strokeStyle = THEME.states[study.state[i]];
      context.globalAlpha = alpha;
      this.trace(context, points);
      const [x, y] = points[points.length - 1];
      context.globalAlpha = Math.min(1, alpha + 0.3);
      if (study.state[i] !== COMPLETE) {
        context.beginPath();
        context.arc(this.sx(x), this.sy(y), 2.6, 0, 2 * Math.PI);
        context.stroke();
      } else if (points.length === 1) {
        context.beginPath();
        context.arc(this.sx(x), this.sy(y), 1.5, 0, 2 * Math.PI);
        context.stroke();
      }
    }
    context.globalAlpha = 1;
  }

  trace(context, points) {
    context.beginPath();
    points.forEach(([x, y], k) => (k === 0 ? context.moveTo(this.sx(x), this.sy(y)) : context.lineTo(this.sx(x), this.sy(y))));
    context.stroke();
  }

  drawBest(context) {
    context.strokeStyle = THEME.ink;
    context.lineWidth = 2.2;
    for (const i of this.chain(this.study.best)) this.trace(context, this.curve(i));
  }

  drawSelection() {
    const context = this.beginSelection();
    const study = this.study;
    if (this.selection.active) {
      this.drawCurves(context, this.selection.drawn(MOST_CURVES / 2, (i) => study.reportCount[i] > 0), 0.8, 1.3);
    }
    const i = this.selection.hovered;
    if (i >= 0 && study.reportCount[i] > 0) {
      context.strokeStyle = THEME.ink;
      context.lineWidth = 2.5;
      for (const row of this.chain(i)) this.trace(context, this.curve(row));
      drawHovered(context, this.points.x(i), this.points.y(i));
    }
  }

  table() {
    const study = this.study;
    const steps = Array.from(new Set(this.rows.slice(0, 20).flatMap((i) => this.curve(i).map(([step]) => step)))).sort((a, b) => a - b);
    const every = Math.ceil(steps.length / 12);
    const shown = steps.filter((_, k) => k % every === every - 1 || k === steps.length - 1);
    return {
      caption: `${study.metrics[this.metric]} of the first trials drawn, by ${study.unit}`,
      columns: [{text: "trial", number: true}, {text: "state"}, ...shown.map((step) => ({text: `${study.unit} ${step}`, number: true}))],
      rows: this.rows.slice(0, 20).map((i) => {
        const at = new Map(this.curve(i));
        return [study.id[i], STATE_NAMES[study.state[i]], ...shown.map((step) => (at.has(step) ? formatNumber(at.get(step)) : "–"))];
      }),
    };
  }
}
