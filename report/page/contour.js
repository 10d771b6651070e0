// Two parameters together: the values of their trials, smoothed to a landscape.

const GRID = 56;

class ContourPlot extends Figure {
  static wants(view) {
    const study = view.study;
    return study.space.length > 1 && study.state.reduce((sum, s, i) => sum + (s === COMPLETE && !Number.isNaN(study.value[i])), 0) >= 8;
  }

  constructor(view) {
    super(view, {
      id: "contour", title: "Two parameters together", height: 360, margin: {left: 70, right: 84, top: 22},
      what: "The landscape is a smoothed mean of the values about each place; where no trial was near, it is left blank.",
    });
    [this.px, this.py] = this.study.parametersByImportance();
    this.makeControls();
  }

  makeControls() {
    const options = this.study.scales.map((scale, p) => ({value: String(p), text: scale.name}));
    const choose = (axis) => (value) => {
      const other = axis === "px" ? "py" : "px";
      if (this[other] === Number(value)) this[other] = this[axis];
      this[axis] = Number(value);
      this.view.dropBrush("contour");
      this.makeControls();
      this.redraw();
    };
    this.controls.replaceChildren(makeSelect("Across", options, String(this.px), choose("px")),
                                  makeSelect("Up", options, String(this.py), choose("py")));
  }

  // The mean of the values about each place of a grid over the unit square; NaN: nothing is near.
  // (Nadaraya and Watson's estimator, a Gaussian kernel.)
  landscape(rows, u, v, value) {
    const bandwidth = Math.max(0.045, 0.35 * Math.pow(rows.length, -1 / 4));
    const field = new Float64Array(GRID * GRID);
    for (let gy = 0; gy < GRID; ++gy) {
      for (let gx = 0; gx < GRID; ++gx) {
        const x = (gx + 0.5) / GRID, y = (gy + 0.5) / GRID;
        let weights = 0, sum = 0;
        for (let k = 0; k < rows.length; ++k) {
          const dx = (u[k] - x) / bandwidth, dy = (v[k] - y) / bandwidth;
          const square = dx * dx + dy * dy;
          if (square > 9) continue;
          const weight = Math.exp(-0.5 * square);
          weights += weight;
          sum += weight * value[k];
        }
        field[gy * GRID + gx] = weights < 0.11 ? NaN : sum / weights;
      }
    }
    return field;
  }

  draw() {
    const study = this.study;
    const context = this.begin();
    const sx = study.scales[this.px], sy = study.scales[this.py];
    const values = new ValueScale(study.value, study.goal);
    const unit = values.onto([0, 1]);
    const place = (i) => [this.left + sx.toUnit(study.params[this.px][i]) * (this.right - this.left),
                          this.bottom - sy.toUnit(study.params[this.py][i]) * (this.bottom - this.top)];
    this.place = place;
    const wanted = (i) => study.state[i] === COMPLETE && !Number.isNaN(study.value[i]) &&
      !Number.isNaN(study.params[this.px][i]) && !Number.isNaN(study.params[this.py][i]);
    this.wanted = wanted;
    const all = d3.range(study.n).filter(wanted);
    const every = Math.max(1, Math.ceil(all.length / 2000));
    const sample = all.filter((_, k) => k % every === 0);
    const field = this.landscape(sample, sample.map((i) => sx.toUnit(study.params[this.px][i])),
                                 sample.map((i) => sy.toUnit(study.params[this.py][i])), sample.map((i) => unit(study.value[i])));
    this.fillLandscape(context, field);
    const rows = this.rows = study.drawn(MOST_POINTS / 4, wanted);
    context.strokeStyle = THEME.ink;
    context.fillStyle = THEME.panel;
    const size = Math.min(2.4, pointSize(rows.length));
    for (const i of rows) {
      const [x, y] = place(i);
      context.beginPath();
      context.arc(x, y, size, 0, 2 * Math.PI);
      context.fill();
      context.lineWidth = 0.8;
      context.stroke();
    }
    this.points = {rows, x: (i) => place(i)[0], y: (i) => place(i)[1]};
    this.axisBottom(sx.ticks((this.right - this.left) / 70).map((t) => ({at: this.left + t.unit * (this.right - this.left), text: shorten(t.text, 90)})), this.title(sx));
    this.axisLeft(sy.ticks(6).map((t) => ({at: this.bottom - t.unit * (this.bottom - this.top), text: t.text})), this.title(sy), {grid: false, titleAt: 12});
    this.drawLegend(values, unit);
    this.addBrush("contour", boxBrush(), [[this.left, this.top], [this.right, this.bottom]], (shares) => this.condition(shares));
    this.notePoints(rows.length, all.length);
  }

  title(scale) {
    return scale.note() ? `${scale.name} (${scale.note()})` : scale.name;
  }

  // 1 for the good end, as THEME.quality has it.
  goodness(u) {
    return this.study.goal === "maximize" ? u : 1 - u;
  }

  fillLandscape(context, field) {
    const known = Array.from(field).filter((v) => !Number.isNaN(v));
    // Each shade has as much of the area as any other.
    known.sort(d3.ascending);
    const thresholds = this.thresholds = d3.range(12).map((k) => d3.quantile(known, k / 12));
    // Where nothing is known, nothing is drawn; contours need a number there.
    const filled = Array.from(field, (v) => (Number.isNaN(v) ? -1e9 : v));
    const width = this.right - this.left, height = this.bottom - this.top;
    const path = (polygon) => {
      context.beginPath();
      for (const ring of polygon) {
        ring.forEach(([x, y], k) => {
          const px = this.left + x / GRID * width, py = this.bottom - y / GRID * height;
          if (k === 0) context.moveTo(px, py);
          else context.lineTo(px, py);
        });
        context.closePath();
      }
    };
    context.save();
    context.beginPath();
    context.rect(this.left, this.top, width, height);
    context.clip();
    thresholds.forEach((threshold, k) => {
      const contour = d3.contours().size([GRID, GRID]).contour(filled, threshold);
      context.fillStyle = THEME.quality(this.goodness((k + 0.5) / 12));
      for (const polygon of contour.coordinates) {
        path(polygon);
        context.fill("evenodd");
      }
    });
    context.restore();
    this.highest = known[known.length - 1];
  }

  drawLegend(values, unit) {
    const x = this.right + 16, height = this.bottom - this.top - 20;
    const g = this.svg.append("g");
    for (let k = 0; k < 12; ++k) {
      g.append("rect").attr("x", x).attr("width", 10).attr("y", this.bottom - (k + 1) * height / 12).attr("height", height / 12 + 0.5)
        .attr("fill", THEME.quality(this.goodness((k + 0.5) / 12)));
    }
    for (const k of [0, 3, 6, 9, 12]) {
      const value = unit.invert(k === 12 ? this.highest : this.thresholds[k]);
      g.append("text").attr("x", x + 14).attr("y", this.bottom - k * height / 12 + (k === 0 ? 0 : k === 12 ? 9 : 4)).text(formatNumber(Number(value.toPrecision(3))));
    }
    g.append("text").attr("class", "title").attr("x", this.width).attr("y", 12).attr("text-anchor", "end").text(shorten(this.study.metric, 150));
  }

  condition([[u0, v0], [u1, v1]]) {
    const study = this.study, sx = study.scales[this.px], sy = study.scales[this.py];
    const x = study.params[this.px], y = study.params[this.py];
    return {
      text: `${sx.name} ${sx.format(sx.fromUnit(u0))} … ${sx.format(sx.fromUnit(u1))}, ${sy.name} ${sy.format(sy.fromUnit(1 - v1))} … ${sy.format(sy.fromUnit(1 - v0))}`,
      test: (i) => {
        const a = sx.toUnit(x[i]), b = 1 - sy.toUnit(y[i]);
        return a >= u0 && a <= u1 && b >= v0 && b <= v1;
      },
    };
  }

  drawSelection() {
    const context = this.beginSelection();
    const study = this.study;
    if (this.selection.active) {
      const rows = this.selection.drawn(MOST_POINTS / 4, this.wanted);
      drawPoints(context, study, rows, this.points.x, this.points.y, pointSize(rows.length), 0.95);
    }
    const i = this.selection.hovered;
    if (i >= 0) drawHovered(context, this.points.x(i), this.points.y(i));
  }

  table() {
    const study = this.study, sx = study.scales[this.px], sy = study.scales[this.py];
    const rows = study.drawn(50, this.wanted);
    return {
      caption: `The ${rows.length} best trials`,
      columns: [{text: "trial", number: true}, {text: sx.name, number: true}, {text: sy.name, number: true}, {text: study.metric, number: true}],
      rows: rows.map((i) => [study.id[i], sx.format(study.params[this.px][i]), sy.format(study.params[this.py][i]), formatNumber(study.value[i])]),
    };
  }
}
