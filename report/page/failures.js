// Why trials failed, and why they were stopped.

const MOST_REASONS = 14;

class FailuresPlot extends Figure {
  static wants(view) {
    return FailuresPlot.groups(view.study).length > 0;
  }

  // What trials have in common that ended for the same reason: numbers in it do not count.
  static groups(study) {
    const groups = new Map();
    // What another trial goes on from has not ended early.
    const wentOn = new Set();
    for (let i = 0; i < study.n; ++i) wentOn.add(study.rowOf.get(study.resume_from[i]));
    for (let i = 0; i < study.n; ++i) {
      if ((study.state[i] !== FAILED && study.state[i] !== STOPPED) || wentOn.has(i)) continue;
      const kind = study.failure[i] > 0 ? study.failures[study.failure[i]].replace(/_/g, " ") : "stopped";
      const reason = study.reasons[study.reason[i]].replace(/\d+(\.\d+)?(e[-+]?\d+)?/g, "…");
      if (study.state[i] === STOPPED && reason === "") continue;  // by its budget
      const key = `${kind}: ${reason}`;
      if (!groups.has(key)) groups.set(key, {key, kind, reason, state: study.state[i], rows: []});
      groups.get(key).rows.push(i);
    }
    const all = Array.from(groups.values()).sort((a, b) => b.state - a.state || b.rows.length - a.rows.length);
    return all.length > MOST_REASONS * 20 ? all.slice(0, MOST_REASONS * 20) : all;
  }

  constructor(view) {
    super(view, {
      id: "failures", title: "Why trials ended early", height: 200, margin: {left: 12, right: 60, top: 4},
      what: "Trials that failed or were stopped, by their reasons; … stands for numbers. Choose one to see its trials.",
    });
    this.chosen = "";
  }

  draw() {
    const study = this.study;
    const groups = this.groups = FailuresPlot.groups(study);
    const shown = groups.slice(0, MOST_REASONS);
    this.controls.replaceChildren(makeSelect("Show", [{value: "", text: "all trials"}, ...shown.map((group) => ({value: group.key, text: shorten(`${group.kind}: ${group.reason}`, 330)}))], this.chosen, (value) => this.choose(value)));
    const pitch = 38;
    this.setHeight(shown.length * pitch + 30);
    this.begin();
    const x = d3.scaleLinear().domain([0, d3.max(shown, (group) => group.rows.length)]).range([this.left, this.right]);
    const g = this.svg.append("g").attr("class", "bars");
    shown.forEach((group, k) => {
      const y = this.top + k * pitch;
      const bar = g.append("g").attr("class", `group ${STATE_NAMES[group.state]}`).on("click", () => this.choose(this.chosen === group.key ? "" : group.key));
      bar.append("rect").attr("class", "target").attr("x", 0).attr("y", y).attr("width", this.width).attr("height", pitch);
      bar.append("text").attr("class", "name").attr("x", this.left).attr("y", y + 13).text(shorten(group.reason === "" ? group.kind : group.kind === "stopped" ? group.reason : `${group.kind}: ${group.reason}`, this.right - this.left, true));
      bar.append("rect").attr("x", this.left).attr("y", y + 18).attr("width", Math.max(2, x(group.rows.length) - this.left)).attr("height", 10);
      bar.append("text").attr("x", x(group.rows.length) + 6).attr("y", y + 27).text(formatCount(group.rows.length));
    });
    this.note.textContent = groups.length > shown.length ? `${formatCount(groups.length - shown.length)} more reasons are in the table.` : "";
  }

  choose(key) {
    this.chosen = key;
    const group = this.groups.find((g) => g.key === key);
    if (group === undefined) {
      this.view.dropBrush("failures");
    } else {
      const rows = new Set(group.rows);
      this.selection.set("failures", {text: shorten(`${group.kind}: ${group.reason}`, 260), test: (i) => rows.has(i)});
    }
    this.redraw();
  }

  dropBrushes(key) {
    if (key === undefined || key === "failures") {
      this.chosen = "";
      this.stale = true;
    }
  }

  drawSelection() {
    this.beginSelection();
    this.plot.classList.remove("dimmed");
  }

  table() {
    return {
      caption: "Reasons",
      columns: [{text: "kind"}, {text: "reason"}, {text: "trials", number: true}, {text: "first"}],
      rows: this.groups.slice(0, MOST_TABLE_ROWS).map((group) => [group.kind, group.reason, formatCount(group.rows.length), `trial ${this.study.id[group.rows[0]]}`]),
    };
  }
}
