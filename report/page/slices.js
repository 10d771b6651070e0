// Slices: the objective over each parameter, on the parameter's own scale.

const MOST_SLICES = 12;

class SlicesPlot extends PanelFigure {
  static wants(view) {
    return view.study.space.length > 0 && view.study.value.some((v) => !Number.isNaN(v));
  }

  constructor(view) {
    super(view, {
      id: "slices", title: "Slices", wide: true, height: 240,
      what: "The value over each parameter on its own scale; the line joins the medians of complete trials with similar settings. Drag across one to keep a stretch.",
    });
    this.all = false;
    this.log = undefined;
    this.makeControls();
  }

  makeControls() {
    const boxes = [makeCheckbox("Log scale", false, (checked) => {
      this.log = checked;
      this.redraw();
    })];
    if (this.study.space.length > MOST_SLICES) {
      boxes.push(makeCheckbox(`All ${this.study.space.length} parameters`, this.all, (checked) => {
        this.all = checked;
        this.redraw();
      }));
    }
    this.controls.replaceChildren(...boxes);
    this.logBox = this.controls.querySelector("input");
  }

  draw() {
    const study = this.study;
    const order = study.parametersByImportance();
    const shown = this.all ? order : order.slice(0, MOST_SLICES);
    const most = Math.max(1, Math.floor((this.width - 40) / 230));
    // No lonely panel in the last row.
    const rowsOfPanels = Math.ceil(shown.length / most);
    const across = Math.min(most, Math.ceil(shown.length / rowsOfPanels));
    const panelHeight = 210;
    this.setHeight(rowsOfPanels * panelHeight + 24);
    const context = this.begin();
    const values = new ValueScale(study.value, study.goal, this.log);
    this.logBox.checked = values.log;
    this.logBox.disabled = !values.canLog;
    const outer = this.margin.left, gap = 22;
    const width = (this.width - outer - 10 - gap * (across - 1)) / across;
    this.panels = shown.map((p, k) => {
      const column = k % across, line = Math.floor(k / across);
      const left = outer + column * (width + gap), top = 24 + line * panelHeight;
      return {p, left, right: left + width, top, bottom: top + panelHeight - 58, first: column === 0,
              scale: study.scales[p]};
    });
    const rows = this.rows = study.drawn(Math.round(MOST_POINTS / 2), (i) => !Number.isNaN(study.value[i]));
    for (const panel of this.panels) this.drawPanel(context, panel, values, rows);
    this.svg.append("text").attr("class", "axis-title").attr("x", 2).attr("y", 12).text(`${study.metric}${values.log ? " (log scale)" : ""}`);
    // The pointer finds a trial in the panel that it is in.
    this.points = {rows, x: (i) => this.placeIn(this.current, i)[0], y: (i) => this.placeIn(this.current, i)[1]};
    this.current = this.panels[0];
    const all = study.value.reduce((sum, v) => sum + !Number.isNaN(v), 0);
    this.notePoints(rows.length, all);
  }

  placeIn(panel, i) {
    const u = panel.scale.toUnit(this.study.params[panel.p][i]);
    const jitter = panel.scale.categorical ? (((this.study.id[i] * 0.6180339887) % 1) - 0.5) * 0.5 / panel.scale.choices.length : 0;
    return [panel.left + (u + jitter) * (panel.right - panel.left), panel.sy(this.study.value[i])];
  }

  drawPanel(context, panel, values, rows) {
    const {p, left, right, top, bottom, scale} = panel;
    const study = this.study;
    panel.sy = values.onto([bottom, top]);
    const g = this.svg.append("g").attr("class", "axis");
    for (const {at, text} of this.valueTicks(values, panel.sy, 4)) {
      g.append("line").attr("class", "grid").attr("x1", left).attr("x2", right).attr("y1", at).attr("y2", at);
      if (panel.first) g.append("text").attr("x", left - 7).attr("y", at + 4).attr("text-anchor", "end").text(text);
    }
    const ticks = scale.ticks(Math.max(2, (right - left) / 60)).map((t) => ({at: left + t.unit * (right - left), text: shorten(t.text, 90)}));
    this.axisBottom(ticks, "", {y: bottom, left, right});
    const note = scale.note();
    const title = g.append("text").attr("class", "title").attr("x", (left + right) / 2).attr("y", bottom + 35).attr("text-anchor", "middle");
    title.append("tspan").attr("class", "name").text(shorten(scale.name, right - left - textWidth(` (${note})`), true));
    if (note) title.append("tspan").text(` (${note})`);
    const x = (i) => this.placeIn(panel, i)[0], y = (i) => this.placeIn(panel, i)[1];
    const here = rows.filter((i) => !Number.isNaN(study.params[p][i]));
    drawPoints(context, study, here, x, y, Math.min(2.6, pointSize(here.length)), here.length > 400 ? 0.45 : 0.7);
    this.drawTrend(panel);
    this.addBrush(`slice ${p}`, horizontalBrush(), [[left, top], [right, bottom]], ([low, high]) => this.condition(panel, low, high));
  }

  // The median of groups of similar settings.
  drawTrend(panel) {
    const study = this.study;
    const column = study.params[panel.p];
    const rows = [];
    for (let i = 0; i < study.n; ++i) if (!Number.isNaN(column[i]) && study.state[i] === COMPLETE && !Number.isNaN(study.value[i])) rows.push(i);
    if (rows.length < 8) return;
    const places = [];
    const g = this.svg.append("g").attr("class", "trend");
    const levels = panel.scale.categorical ? null : Array.from(new Set(rows.map((i) => column[i]))).sort(d3.ascending);
    if (levels !== null && levels.length <= 10) {
      for (const level of levels) {
        const median = d3.median(rows.filter((i) => column[i] === level), (i) => study.value[i]);
        places.push([panel.left + panel.scale.toUnit(level) * (panel.right - panel.left), panel.sy(median)]);
      }
      g.append("path").attr("d", d3.line()(places));
      return;
    }
    if (panel.scale.categorical) {
      const half = (panel.right - panel.left) / panel.scale.choices.length * 0.32;
      panel.scale.choices.forEach((_, c) => {
        const median = d3.median(rows.filter((i) => column[i] === c), (i) => study.value[i]);
        if (median === undefined) return;
        const x = panel.left + panel.scale.toUnit(c) * (panel.right - panel.left);
        g.append("line").attr("x1", x - half).attr("x2", x + half).attr("y1", panel.sy(median)).attr("y2", panel.sy(median));
      });
      return;
    }
    const groups = Array.from({length: 10}, () => []);
    for (const i of rows) groups[Math.min(9, Math.floor(10 * panel.scale.toUnit(column[i])))].push(i);
    for (const group of groups) {
      if (group.length < 3) continue;
      const u = d3.mean(group, (i) => panel.scale.toUnit(column[i]));
      places.push([panel.left + u * (panel.right - panel.left), panel.sy(d3.median(group, (i) => study.value[i]))]);
    }
    g.append("path").attr("d", d3.line()(places));
  }

  condition(panel, low, high) {
    const {p, scale} = panel;
    const units = panel.units || (panel.units = this.study.params[p].map((v) => scale.toUnit(v)));
    return {
      text: `${scale.name} ${scale.format(scale.fromUnit(low))} … ${scale.format(scale.fromUnit(high))}`,
      test: (i) => units[i] >= low - 1e-9 && units[i] <= high + 1e-9,
    };
  }

  drawSelection() {
    const context = this.beginSelection();
    const study = this.study;
    const rows = this.selection.active
      ? this.selection.drawn(MOST_POINTS / 4, (i) => !Number.isNaN(study.value[i])) : [];
    const i = this.selection.hovered;
    for (const panel of this.panels) {
      const here = rows.filter((row) => !Number.isNaN(study.params[panel.p][row]));
      drawPoints(context, study, here, (row) => this.placeIn(panel, row)[0], (row) => this.placeIn(panel, row)[1], Math.min(2.8, pointSize(rows.length) + 0.2), 0.8);
      if (i >= 0) drawHovered(context, ...this.placeIn(panel, i));
    }
  }

  // A parameter's settings in groups, and what came of them.
  table() {
    const study = this.study;
    const rows = [];
    for (const {p, scale} of this.panels) {
      const groups = scale.categorical ? scale.choices.length : 5;
      for (let k = 0; k < groups; ++k) {
        const inside = [];
        for (let i = 0; i < study.n; ++i) {
          const u = scale.toUnit(study.params[p][i]);
          if (study.state[i] === COMPLETE && Math.min(groups - 1, Math.floor(u * groups)) === k) inside.push(study.value[i]);
        }
        const range = scale.categorical ? scale.format(k) : `${scale.format(scale.fromUnit(k / groups))} … ${scale.format(scale.fromUnit((k + 1) / groups))}`;
        const best = study.goal === "maximize" ? d3.max(inside) : d3.min(inside);
        rows.push([scale.name, range, inside.length, formatNumber(d3.median(inside)), formatNumber(best)]);
      }
    }
    return {
      caption: "Complete trials by ranges of each parameter",
      columns: [{text: "parameter"}, {text: "range"}, {text: "trials", number: true}, {text: `median ${study.metric}`, number: true}, {text: "best", number: true}],
      rows,
    };
  }
}
