// A search in rounds: the box of each round, parameter by parameter, with the trials that lay in it.

class BoxesPlot extends PanelFigure {
  static wants(view) {
    return view.study.rounds.length > 1;
  }

  constructor(view) {
    super(view, {
      id: "boxes", title: "Round by round", wide: true, height: 240, margin: {left: 80, top: 26},
      what: "Where each round has searched: its box on each parameter’s own scale, and its trials; the darker, the better. The ring is the best of all.",
    });
  }

  // The round of a trial.
  round(i) {
    const {rounds, id} = this.study;
    let r = rounds.length - 1;
    while (r > 0 && rounds[r].first_trial > id[i]) --r;
    return r;
  }

  draw() {
    const study = this.study;
    const shown = study.parametersByImportance().slice(0, MOST_SLICES);
    const most = Math.max(1, Math.floor((this.width - this.margin.left) / 250));
    const lines = Math.ceil(shown.length / most), across = Math.min(most, Math.ceil(shown.length / lines));
    const rounds = study.rounds.length;
    const pitch = Math.max(16, Math.min(30, 180 / rounds));
    const panelHeight = rounds * pitch + 62;
    this.setHeight(lines * panelHeight + 10);
    const context = this.begin();
    const gap = 22, width = (this.width - this.margin.left - 12 - gap * (across - 1)) / across;
    this.panels = shown.map((p, k) => {
      const left = this.margin.left + (k % across) * (width + gap), top = 14 + Math.floor(k / across) * panelHeight;
      return {p, scale: study.scales[p], left, right: left + width, top, bottom: top + rounds * pitch, first: k % across === 0};
    });
    this.pitch = pitch;
    const rows = this.rows = study.drawn(MOST_POINTS / 2, (i) => study.state[i] >= COMPLETE && !Number.isNaN(study.value[i]));
    for (const panel of this.panels) this.drawPanel(context, panel, rows);
    this.current = this.panels[0];
    this.points = {rows, x: (i) => this.place(this.current, i)[0], y: (i) => this.place(this.current, i)[1]};
  }

  place(panel, i) {
    const u = panel.scale.toUnit(this.study.params[panel.p][i]);
    const jitter = (((this.study.id[i] * 0.6180339887) % 1) - 0.5) * 0.5;
    const spread = panel.scale.categorical ? (((this.study.id[i] * 0.7548776662) % 1) - 0.5) * 0.5 / panel.scale.choices.length : 0;
    return [panel.left + (u + spread) * (panel.right - panel.left), panel.top + (this.round(i) + 0.5 + jitter) * this.pitch];
  }

  drawPanel(context, panel, rows) {
    const {p, scale, left, right, top, bottom, first} = panel;
    const study = this.study;
    const g = this.svg.append("g").attr("class", "axis");
    study.rounds.forEach((round, r) => {
      const y = top + r * this.pitch;
      context.fillStyle = THEME.accent;
      context.globalAlpha = 0.14;
      const range = round.box[p];
      const cells = scale.categorical ? range.map((c) => [c / scale.choices.length, (c + 1) / scale.choices.length]) : [[scale.toUnit(range[0]), scale.toUnit(range[1])]];
      for (const [low, high] of cells) context.fillRect(left + low * (right - left), y + 1, Math.max(2, (high - low) * (right - left)), this.pitch - 2);
      context.globalAlpha = 1;
      if (first) g.append("text").attr("x", left - 8).attr("y", y + this.pitch / 2 + 4).attr("text-anchor", "end").text(`round ${r + 1}`);
    });
    const ticks = scale.ticks(Math.max(2, (right - left) / 60)).map((t) => ({at: left + t.unit * (right - left), text: shorten(t.text, 90)}));
    this.axisBottom(ticks, "", {y: bottom, left, right});
    const title = g.append("text").attr("class", "title").attr("x", (left + right) / 2).attr("y", bottom + 35).attr("text-anchor", "middle");
    title.append("tspan").attr("class", "name").text(shorten(scale.name, right - left - textWidth(` (${scale.note()})`), true));
    if (scale.note()) title.append("tspan").text(` (${scale.note()})`);
    this.paint(context, panel, rows, 0.8);
    if (study.best >= 0) drawHovered(context, ...this.place(panel, study.best));
  }

  paint(context, panel, rows, alpha) {
    const study = this.study;
    context.globalAlpha = alpha;
    for (let k = rows.length - 1; k >= 0; --k) {
      const i = rows[k];
      if (Number.isNaN(study.params[panel.p][i])) continue;
      const [x, y] = this.place(panel, i);
      context.fillStyle = THEME.quality(study.quality[i]);
      context.beginPath();
      context.arc(x, y, 2.3, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 1;
  }

  drawSelection() {
    const context = this.beginSelection();
    const i = this.selection.hovered;
    for (const panel of this.panels) {
      if (this.selection.active) this.paint(context, panel, this.rows.filter((row) => this.selection.mask[row] === 1), 1);
      if (i >= 0) drawHovered(context, ...this.place(panel, i));
    }
  }

  table() {
    const study = this.study;
    const rows = [];
    study.rounds.forEach((round, r) => {
      const inside = d3.range(study.n).filter((i) => study.countsForBest(i) && this.round(i) === r);
      const losses = inside.map((i) => study.value[i]);
      rows.push([`round ${r + 1}`, formatCount(inside.length), formatNumber(study.goal === "maximize" ? d3.max(losses) : d3.min(losses)),
        ...this.panels.map(({p, scale}) => (scale.categorical ? round.box[p].map((c) => scale.format(c)).join(", ") : `${scale.format(round.box[p][0])} … ${scale.format(round.box[p][1])}`))]);
    });
    return {caption: "The rounds", columns: [{text: ""}, {text: "complete", number: true}, {text: `best ${study.metric}`, number: true}, ...this.panels.map(({scale}) => ({text: scale.name}))], rows};
  }
}
