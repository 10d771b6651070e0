// What mattered: the share of the objective's variation that each parameter explains, over the whole
// space or near the best, with its interval, beside the tier that it was believed to be of.

// What the measures of core/importance.h are called here, and what they say.
const MEASURES = new Map([
  ["fanova", {text: "everywhere", what: () => "The share of the variation that each parameter explains (fANOVA); the thin line is where it lies with 90 %."}],
  ["ped_anova", {text: "near the best", what: (entry) => `What tells the best ${formatPercent(entry.quantile)} of the trials from the others (PED-ANOVA); the thin line is where it lies with 90 %.`}],
]);

class ImportancePlot extends Figure {
  static wants(view) {
    return ImportancePlot.entries(view.study).length > 0;
  }

  // What is known for the objective that is looked at.
  static entries(study) {
    return study.importance.filter((e) => e.metric === study.metric && e.shares.some((share) => share > 0));
  }

  constructor(view) {
    super(view, {
      id: "importance", title: "What mattered", height: 240, margin: {left: 150, right: 110, top: 22},
      what: "",
    });
    this.measure = null;
  }

  draw() {
    const study = this.study;
    const entries = ImportancePlot.entries(study);
    const entry = entries.find((e) => e.measure === this.measure) || entries[0];
    this.measure = entry.measure;
    const {text, what} = MEASURES.get(entry.measure);
    this.what.textContent = what(entry);
    const measures = entries.map((e) => ({value: e.measure, text: MEASURES.get(e.measure).text}));
    if (this.measures !== measures.length) {
      this.measures = measures.length;
      this.controls.replaceChildren(...(measures.length > 1 ? [makeSelect("What mattered", measures, this.measure, (value) => {
        this.measure = value;
        this.redraw();
      })] : []));
    }
    const order = this.order = d3.range(study.space.length).sort((a, b) => entry.shares[b] - entry.shares[a] || a - b).slice(0, 20);
    this.entry = entry;
    this.setHeight(this.margin.top + this.margin.bottom + order.length * 22);
    this.begin();
    const x = d3.scaleLinear().domain([0, Math.max(0.05, d3.max(order, (p) => entry.highs[p]))]).nice().range([this.left, this.right]);
    const ticks = x.ticks(Math.max(2, Math.min(4, (this.right - this.left) / 70)));
    this.axisBottom(ticks.map((t) => ({at: x(t), text: `${Number((100 * t).toPrecision(3))} %`})), `share of ${study.metric}, ${text}`, {grid: true});
    const g = this.svg.append("g").attr("class", "bars");
    g.append("text").attr("x", this.width).attr("y", 12).attr("text-anchor", "end").text("believed");
    order.forEach((p, k) => {
      const y = this.top + k * 22;
      const name = shorten(study.scales[p].name, this.left - 12, true);
      g.append("text").attr("class", "name").attr("x", this.left - 8).attr("y", y + 15).attr("text-anchor", "end").text(name);
      g.append("rect").attr("x", this.left).attr("y", y + 4).attr("width", Math.max(1, x(entry.shares[p]) - this.left)).attr("height", 15);
      g.append("line").attr("class", "interval").attr("x1", x(entry.lows[p])).attr("x2", x(entry.highs[p])).attr("y1", y + 11.5).attr("y2", y + 11.5);
      g.append("text").attr("x", x(Math.max(entry.shares[p], entry.highs[p])) + 6).attr("y", y + 15).text(formatPercent(entry.shares[p]));
      g.append("text").attr("x", this.width).attr("y", y + 15).attr("text-anchor", "end").text(`tier ${study.space[p].tier || 1}`);
    });
    const notes = entry.notes.map((note) => `${note}.`);
    if (entry.measure === "fanova" && entry.explained <= 0) notes.unshift("Little is known yet: these shares predict no trial that they were not made of.");
    this.note.textContent = notes.join(" ");
  }

  drawSelection() {
    this.beginSelection();
    this.plot.classList.remove("dimmed");
  }

  table() {
    const study = this.study, entry = this.entry;
    return {
      caption: `Shares by ${this.measure}`,
      columns: [{text: "parameter"}, {text: "share", number: true}, {text: "90 %"}, {text: "tier", number: true}],
      rows: this.order.map((p) => [study.scales[p].name, formatPercent(entry.shares[p]), `${formatPercent(entry.lows[p])} … ${formatPercent(entry.highs[p])}`, study.space[p].tier || 1]),
    };
  }
}
