// Several studies beside each other: how the best so far went in each. Studies of one strategy (with
// other seeds, say) are one band, from the lower to the upper quartile, with the median in it.

class Comparison extends Figure {
  // `show(index)` turns the page to a study.
  constructor(studies, show) {
    const selection = {active: false, hovered: -1, mask: [], hover() {}, set() {}};
    super({study: studies[0], selection, tooltip: {show() {}}, pin() {}, printing: false}, {
      id: "comparison", title: "The studies beside each other", wide: true, height: 360, margin: {top: 22, right: 170},
      what: "The best value so far. Studies of the same strategy are one band: their median, and half of them within.",
    });
    this.studies = studies;
    this.show = show;
    this.axis = "trials";
    this.log = undefined;
    this.list = make("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Studies"});
    this.element.insertBefore(this.list, this.details);
    this.element.querySelector("figcaption").after(this.controls);
    this.makeControls();
  }

  // The studies that can be compared: those with the first one's objective.
  comparable() {
    const first = this.studies[0];
    return this.studies.filter((study) => study.metric === first.metric && study.goal === first.goal && study.best >= 0);
  }

  groups() {
    const groups = new Map();
    for (const study of this.comparable()) {
      const key = formatPlugin(study.strategy) || study.name;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(study);
    }
    const all = Array.from(groups.entries()).map(([name, studies]) => ({name, studies}));
    // One group of several that are all there is says less than its studies.
    if (all.length === 1 && all[0].studies.length < 4) return all[0].studies.map((study) => ({name: study.name, studies: [study]}));
    return all.map((group) => (group.studies.length === 1 && all.length > 1 && all.filter((g) => g.name === group.name).length > 1 ? {...group, name: group.studies[0].name} : group));
  }

  makeControls() {
    const axes = [{value: "trials", text: "trials"}];
    const studies = this.comparable();
    if (studies.length > 0 && studies.every((study) => study.maxSteps > 1)) axes.push({value: "steps", text: `${studies[0].unit}s of training`});
    if (studies.every((study) => study.seconds.some((v) => v > 0))) axes.push({value: "seconds", text: "time of training"});
    this.controls.replaceChildren(makeSelect("Against", axes, this.axis, (value) => {
      this.axis = value;
      this.redraw();
    }), makeCheckbox("Log scale", false, (checked) => {
      this.log = checked;
      this.redraw();
    }));
    this.logBox = this.controls.querySelector("input");
  }

  // [[spent, best value]], wherever the best has changed, and the end.
  progress(study) {
    const steps = [];
    let spent = 0, best = Infinity;
    for (let i = 0; i < study.n; ++i) {
      spent = this.axis === "trials" ? i + 1 : spent + (study[this.axis][i] || 0);
      if (study.countsForBest(i) && study.loss[i] < best) {
        best = study.loss[i];
        steps.push([spent, study.value[i]]);
      }
    }
    if (steps.length > 0) steps.push([spent, steps[steps.length - 1][1]]);
    return steps;
  }

  // What a study's best was when so much was spent; NaN before the first.
  at(steps, spent) {
    let value = NaN;
    for (const [x, v] of steps) {
      if (x > spent) break;
      value = v;
    }
    return value;
  }

  draw() {
    const groups = this.groups();
    const context = this.begin();
    const progress = groups.map((group) => group.studies.map((study) => this.progress(study)));
    const values = new ValueScale(progress.flat(2).map(([, v]) => v), this.studies[0].goal, this.log);
    this.logBox.checked = values.log;
    this.logBox.disabled = !values.canLog;
    const end = d3.max(progress.flat(), (steps) => steps[steps.length - 1][0]);
    const sx = d3.scaleLinear().domain([0, end]).range([this.left, this.right]);
    const sy = values.onto([this.bottom, this.top]);
    const ticks = sx.ticks(this.width / 140);
    this.axisBottom(ticks.map((t) => ({at: sx(t), text: this.axis === "seconds" ? formatSeconds(t) : formatCount(t)})),
                    {trials: "trials", steps: `${this.studies[0].unit}s of training`, seconds: "time of training"}[this.axis]);
    const metric = this.studies[0].metric;
    this.axisLeft(this.valueTicks(values, sy, 6), `best ${metric} so far${values.log ? " (log scale)" : ""}, ${this.studies[0].goal === "maximize" ? "more" : "less"} is better`, {titleAt: 12});
    this.rows = [];
    const labels = [];
    groups.forEach((group, g) => {
      const colour = THEME.series[g % THEME.series.length];
      const stop = d3.median(progress[g], (steps) => steps[steps.length - 1][0]);
      const grid = d3.range(201).map((k) => stop * k / 200);
      const bands = grid.map((x) => {
        const here = progress[g].map((steps) => this.at(steps, x)).filter((v) => !Number.isNaN(v)).sort(d3.ascending);
        return here.length * 2 <= progress[g].length && here.length < progress[g].length ? null : [x, d3.quantile(here, 0.25), d3.quantile(here, 0.5), d3.quantile(here, 0.75)];
      }).filter((band) => band !== null);
      if (bands.length === 0) return;
      if (group.studies.length > 1) {
        context.fillStyle = colour;
        context.globalAlpha = 0.16;
        context.beginPath();
        bands.forEach(([x, low], k) => (k === 0 ? context.moveTo(sx(x), sy(low)) : context.lineTo(sx(x), sy(low))));
        bands.slice().reverse().forEach(([x, , , high]) => context.lineTo(sx(x), sy(high)));
        context.fill();
        context.globalAlpha = 1;
      }
      context.strokeStyle = colour;
      context.lineWidth = 2.2;
      context.setLineDash(g >= THEME.series.length ? [6, 4] : []);
      context.beginPath();
      bands.forEach(([x, , middle], k) => (k === 0 ? context.moveTo(sx(x), sy(middle)) : (context.lineTo(sx(x), sy(bands[k - 1][2])), context.lineTo(sx(x), sy(middle)))));
      context.stroke();
      context.setLineDash([]);
      const last = bands[bands.length - 1];
      labels.push({colour, y: sy(last[2]) + 4, text: group.name, many: group.studies.length});
      this.rows.push([group.name, formatCount(group.studies.length), formatNumber(last[2]), formatNumber(last[1]), formatNumber(last[3])]);
    });
    this.placeLabels(labels);
    this.note.textContent = this.comparable().length < this.studies.length
      ? `${plural(this.studies.length - this.comparable().length, "study").replace("studys", "studies")} with another objective, or without a complete trial, ${this.studies.length - this.comparable().length === 1 ? "is" : "are"} left out.` : "";
    this.fillList();
  }

  // At the ends of the lines, apart from each other.
  placeLabels(labels) {
    labels.sort((a, b) => a.y - b.y);
    const pitch = 15;
    for (let k = 1; k < labels.length; ++k) labels[k].y = Math.max(labels[k].y, labels[k - 1].y + pitch);
    const over = labels.length > 0 ? labels[labels.length - 1].y - (this.height - 20) : 0;
    if (over > 0) for (const label of labels) label.y -= over;
    const g = this.svg.append("g");
    for (const label of labels) {
      const text = `${shorten(label.text, label.many > 1 ? 130 : 158, true)}${label.many > 1 ? ` ×${label.many}` : ""}`;
      g.append("text").attr("class", "series").attr("x", this.right + 8).attr("y", label.y).text(text).style("fill", label.colour);
    }
  }

  fillList() {
    const head = ["study", "strategy", "seed", "trials", "best", "time of training"];
    const numbers = [false, false, true, true, true, true];
    const rows = this.studies.map((study, k) => [
      make("th", {scope: "row"}, makeButton(study.name, () => this.show(k), {class: "link"})),
      ...[formatPlugin(study.strategy), study.seed, formatCount(study.n), study.objectives.length > 1 ? "–" : study.best < 0 ? "–" : formatNumber(study.value[study.best]), formatSeconds(d3.sum(study.seconds))]
        .map((text, c) => make("td", {class: numbers[c + 1] ? "number" : null}, text)),
    ]);
    this.list.replaceChildren(make("table", {}, make("caption", {class: "offscreen"}, "Studies"),
      make("thead", {}, make("tr", {}, ...head.map((text, c) => make("th", {scope: "col", class: numbers[c] ? "number" : null}, text)))),
      make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells)))));
  }

  drawSelection() {}

  table() {
    return {
      caption: `Best ${this.studies[0].metric} at the end`,
      columns: [{text: "strategy"}, {text: "studies", number: true}, {text: "median", number: true}, {text: "lower quartile", number: true}, {text: "upper quartile", number: true}],
      rows: this.rows,
    };
  }
}
