// What mattered: the share of the objective's variation that each parameter explains, beside the tier
// that it was believed to be of.

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
      what: "The share of the variation that each parameter explains.",
    });
    this.measure = null;
  }

  draw() {
    const study = this.study;
    const entries = ImportancePlot.entries(study);
    const entry = entries.find((e) => e.measure === this.measure) || entries[0];
    this.measure = entry.measure;
    const measures = entries.map((e) => ({value: e.measure, text: e.measure}));
    if (this.measures !== measures.length) {
      this.measures = measures.length;
      this.controls.replaceChildren(...(measures.length > 1 ? [makeSelect("By", measures, this.measure, (value) => {
        this.measure = value;
        this.redraw();
      })] : []));
    }
    const order = this.order = d3.range(study.space.length).sort((a, b) => entry.shares[b] - entry.shares[a] || a - b).slice(0, 20);
    this.shares = entry.shares;
    this.setHeight(this.margin.top + this.margin.bottom + order.length * 22);
    this.begin();
    const x = d3.scaleLinear().domain([0, Math.max(0.05, d3.max(entry.shares))]).nice().range([this.left, this.right]);
    const ticks = x.ticks(4);
    this.axisBottom(ticks.map((t) => ({at: x(t), text: `${Number((100 * t).toPrecision(3))} %`})), `share of the variation of ${study.metric} (${entry.measure})`, {grid: true});
    const g = this.svg.append("g").attr("class", "bars");
    g.append("text").attr("x", this.width).attr("y", 12).attr("text-anchor", "end").text("believed");
    order.forEach((p, k) => {
      const y = this.top + k * 22;
      const name = shorten(study.scales[p].name, this.left - 12, true);
      g.append("text").attr("class", "name").attr("x", this.left - 8).attr("y", y + 15).attr("text-anchor", "end").text(name);
      g.append("rect").attr("x", this.left).attr("y", y + 4).attr("width", Math.max(1, x(entry.shares[p]) - this.left)).attr("height", 15);
      g.append("text").attr("x", x(entry.shares[p]) + 6).attr("y", y + 15).text(formatPercent(entry.shares[p]));
      g.append("text").attr("x", this.width).attr("y", y + 15).attr("text-anchor", "end").text(`tier ${study.space[p].tier || 1}`);
    });
    this.note.textContent = this.surprise();
  }

  // The parameter whose rank is furthest from what its tier says.
  surprise() {
    const study = this.study;
    const tier = (p) => study.space[p].tier || 1;
    const tiers = new Set(study.space.map((_, p) => tier(p)));
    if (tiers.size < 2 || this.order.length < 3) return "";
    const first = this.order[0];
    if (tier(first) > 1 && this.shares[first] > 0.1) {
      return `${study.scales[first].name} was believed to be of tier ${tier(first)}, and explains more than any other.`;
    }
    return "";
  }

  drawSelection() {
    this.beginSelection();
    this.plot.classList.remove("dimmed");
  }

  table() {
    const study = this.study;
    return {
      caption: `Shares by ${this.measure}`,
      columns: [{text: "parameter"}, {text: "share", number: true}, {text: "tier", number: true}],
      rows: this.order.map((p) => [study.scales[p].name, formatPercent(this.shares[p]), study.space[p].tier || 1]),
    };
  }
}
