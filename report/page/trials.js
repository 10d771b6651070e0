// The table of trials: those that are selected, a page at a time, sorted by any column.

const ROWS_A_PAGE = 50;

class TrialTable {
  constructor(view) {
    this.view = view;
    this.study = view.study;
    this.selection = view.selection;
    this.sortBy = null;  // null: by the objective, the best first
    this.descending = false;
    this.page = 0;
    this.summary = make("p", {class: "what", "aria-live": "polite"});
    this.body = make("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Trials"});
    this.pager = make("div", {class: "controls pager"});
    this.element = make("section", {id: "trials", class: "figure wide"},
      make("h2", {}, "Trials"), this.summary,
      make("div", {class: "controls"},
        makeButton("Download CSV", () => this.downloadCsv()),
        makeButton("Copy as JSON", () => this.copyJson())),
      this.body, this.pager);
  }

  // [{text, number, value(row), show(row)}]
  columns() {
    const study = this.study;
    const column = (text, list, show = formatNumber) => ({text, number: true, value: (i) => list[i], show: (i) => show(list[i])});
    return [
      {text: "trial", number: true, value: (i) => study.id[i], show: (i) => String(study.id[i])},
      {text: "state", value: (i) => STATE_NAMES[study.state[i]], show: (i) => STATE_NAMES[study.state[i]]},
      ...study.objectives.map((objective, k) => column(objective.metric, study.values[k])),
      ...study.constraints.map((list, k) => {
        const limit = study.limits[k];
        return column(limit ? `${limit.metric} over its bound` : `constraint ${k + 1}`, list);
      }),
      ...study.scales.map((scale, p) => ({
        text: scale.name, number: !scale.categorical,
        value: (i) => study.params[p][i],
        show: (i) => scale.format(study.params[p][i]),
      })),
      ...(study.maxSteps > 1 ? [column(study.unit + "s", study.steps)] : []),
      column("time", study.seconds, formatSeconds),
      {text: "started", value: (i) => study.started[i] || NaN, show: (i) => formatDate(study.started[i])},
      ...(study.reasons.length > 1 || study.counts[FAILED] > 0 ? [{text: "reason", value: (i) => this.reason(i), show: (i) => this.reason(i)}] : []),
    ];
  }

  reason(i) {
    const study = this.study;
    const kind = study.failure[i] > 0 ? study.failures[study.failure[i]].replace(/_/g, " ") : "";
    return [kind, study.reasons[study.reason[i]]].filter((text) => text !== "").join(": ");
  }

  rows() {
    const rows = this.selection.rows();
    const column = this.sortBy === null ? null : this.columns()[this.sortBy];
    const value = column ? column.value : (i) => this.study.loss[i];
    const sign = column && this.descending ? -1 : 1;
    const missing = (v) => v === "" || (typeof v === "number" && Number.isNaN(v));
    // What has no value comes last either way.
    return rows.sort((a, b) => {
      const va = value(a), vb = value(b);
      const ma = missing(va), mb = missing(vb);
      if (ma || mb) return ma - mb || a - b;
      return va < vb ? -sign : va > vb ? sign : a - b;
    });
  }

  redraw() {
    const columns = this.columns();
    const rows = this.rows();
    const pages = Math.max(1, Math.ceil(rows.length / ROWS_A_PAGE));
    this.page = Math.min(this.page, pages - 1);
    const first = this.page * ROWS_A_PAGE;
    const order = this.sortBy === null ? "the best first" : `by ${columns[this.sortBy].text}`;
    this.summary.textContent = this.selection.active
      ? `${formatCount(rows.length)} of ${plural(this.study.n, "trial")} selected, ${order}.`
      : `${plural(rows.length, "trial")}, ${order}.`;
    const head = columns.map((column, c) => make("th", {
      scope: "col", class: column.number ? "number" : null,
      "aria-sort": this.sortBy === c ? (this.descending ? "descending" : "ascending") : null,
    }, makeButton(column.text, () => this.sort(c), {class: "sort"})));
    const body = rows.slice(first, first + ROWS_A_PAGE).map((i) => make("tr", {
      class: i === this.study.best ? "best" : null, onmouseenter: () => this.selection.hover(i), onmouseleave: () => this.selection.hover(-1),
    }, ...columns.map((column, c) => c === 0
      ? make("th", {scope: "row", class: "number"}, makeButton(column.show(i), () => this.view.pin(i), {class: "link", "aria-label": `Trial ${this.study.id[i]}`}))
      : make("td", {class: column.number ? "number" : null, title: column.text === "reason" ? column.show(i) : null},
             c === 1 ? make("span", {class: `state ${column.show(i)}`}, column.show(i)) : column.show(i)))));
    this.body.replaceChildren(make("table", {class: "trials"},
      make("caption", {class: "offscreen"}, "Trials"),
      make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body)));
    const go = (page) => () => { this.page = page; this.redraw(); };
    this.pager.replaceChildren(
      makeButton("First", go(0), {disabled: this.page === 0}),
      makeButton("Previous", go(this.page - 1), {disabled: this.page === 0}),
      make("span", {}, ` Page ${formatCount(this.page + 1)} of ${formatCount(pages)} `),
      makeButton("Next", go(this.page + 1), {disabled: this.page >= pages - 1}),
      makeButton("Last", go(pages - 1), {disabled: this.page >= pages - 1}));
    this.pager.hidden = pages === 1;
  }

  sort(c) {
    this.descending = this.sortBy === c ? !this.descending : false;
    this.sortBy = c;
    this.page = 0;
    this.redraw();
    this.body.querySelectorAll("thead button")[c].focus();
  }

  // As `sturgeon export --to=csv` has it, which `sturgeon import` reads.
  csv() {
    const study = this.study;
    const quote = (text) => (/[",\r\n]|^ | $/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
    const number = (v) => (Number.isNaN(v) ? "" : String(v));
    const header = ["id", "state", ...study.objectives.map((o) => `values.${o.metric}`), ...study.scales.map((s) => `params.${s.name}`),
                    "budget", "resume_from", "failure", "reason", "started", "seconds"];
    const lines = [header];
    for (const i of this.rows()) {
      lines.push([number(study.id[i]), STATE_NAMES[study.state[i]], ...study.values.map((column) => number(column[i])),
        ...study.scales.map((scale, p) => {
          const v = study.params[p][i];
          return Number.isNaN(v) ? "" : scale.categorical ? formatValue(scale.choices[v]) : String(v);
        }),
        number(study.budget[i]), number(study.resume_from[i]), study.failures[study.failure[i]] || "",
        study.reasons[study.reason[i]], number(study.started[i]), number(study.seconds[i])]);
    }
    return lines.map((cells) => cells.map(quote).join(",") + "\r\n").join("");
  }

  downloadCsv() {
    download(`${fileName(this.study.name)}.csv`, "text/csv;charset=utf-8", this.csv());
    announce(`${plural(this.selection.count, "trial")} saved as CSV`);
  }

  async copyJson() {
    const rows = this.rows();
    await copyText(JSON.stringify(rows.map((i) => this.study.trialJson(i)), null, 1) + "\n");
    announce(`${plural(rows.length, "trial")} copied as JSON`);
    this.view.flash(`${plural(rows.length, "trial")} copied`);
  }
}
