// The page: puts the plots of a study together, and keeps them up to date.

// In the order in which they stand; what a study has nothing for is left out.
const PLOTS = [HistoryPlot, ParetoPlot, HypervolumePlot, ParallelPlot, SlicesPlot, ImportancePlot, ContourPlot,
               BoxesPlot, DiaryPlot, CurvesPlot, RungsPlot, FailuresPlot, TimelinePlot];

// The words under the pointer.
class Tooltip {
  constructor(view) {
    this.view = view;
    this.element = make("div", {class: "tooltip", "aria-hidden": "true", hidden: true});
  }

  show(row, x, y) {
    this.element.hidden = row < 0;
    if (row < 0) return;
    const study = this.view.study;
    const lines = [make("strong", {}, `Trial ${study.id[row]}`), make("span", {class: `state ${STATE_NAMES[study.state[row]]}`}, STATE_NAMES[study.state[row]])];
    const pairs = study.objectives.map((objective, k) => [objective.metric, formatNumber(study.values[k][row])]);
    for (const p of study.parametersByImportance().slice(0, 8)) {
      if (!Number.isNaN(study.params[p][row])) pairs.push([study.scales[p].name, study.scales[p].format(study.params[p][row])]);
    }
    this.element.replaceChildren(make("p", {}, ...lines),
      make("dl", {}, ...pairs.flatMap(([name, text]) => [make("dt", {}, shorten(name, 190)), make("dd", {}, shorten(text, 190))])));
    const box = this.element.getBoundingClientRect();
    const left = x + 16 + box.width > window.innerWidth ? Math.max(4, x - 16 - box.width) : x + 16;
    const top = Math.min(y + 12, window.innerHeight - box.height - 4);
    this.element.style.left = `${left}px`;
    this.element.style.top = `${Math.max(4, top)}px`;
  }

  hide() {
    this.element.hidden = true;
  }
}

// One trial with all that is known of it, until it is closed.
class TrialCard {
  constructor(view) {
    this.view = view;
    this.element = make("aside", {class: "card", hidden: true, tabindex: "-1", role: "dialog", "aria-labelledby": "card-title",
                                  onkeydown: (event) => { if (event.key === "Escape") this.close(); }});
  }

  show(row) {
    const study = this.view.study;
    this.back = document.activeElement;
    const facts = [];
    study.objectives.forEach((objective, k) => facts.push([objective.metric, formatNumber(study.values[k][row])]));
    study.limits.forEach((limit, k) => {
      const v = study.constraints[k] ? study.constraints[k][row] : NaN;
      if (!Number.isNaN(v)) facts.push([`${limit.metric} over its bound`, formatNumber(v)]);
    });
    study.scales.forEach((scale, p) => {
      if (!Number.isNaN(study.params[p][row])) facts.push([scale.name, scale.format(study.params[p][row])]);
    });
    if (study.steps[row] > 0) facts.push([`${study.unit}s trained`, formatCount(study.steps[row])]);
    if (!Number.isNaN(study.resume_from[row])) facts.push(["goes on from", `trial ${study.resume_from[row]}`]);
    facts.push(["time", formatSeconds(study.seconds[row])]);
    if (study.started[row] > 0) facts.push(["started", formatDate(study.started[row])]);
    const reason = this.view.trials.reason(row);
    if (reason !== "") facts.push(["reason", reason]);
    if (study.workers[study.worker[row]]) facts.push(["worker", study.workers[study.worker[row]]]);
    this.element.replaceChildren(
      make("header", {}, make("h2", {id: "card-title"}, `Trial ${study.id[row]}`),
           make("span", {class: `state ${STATE_NAMES[study.state[row]]}`}, STATE_NAMES[study.state[row]]),
           makeButton("×", () => this.close(), {class: "close", "aria-label": "Close"})),
      make("dl", {}, ...facts.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)])),
      make("div", {class: "controls"}, makeButton("Copy as JSON", async () => {
        await copyText(JSON.stringify(study.trialJson(row), null, 1) + "\n");
        announce("Copied");
        this.view.flash("Trial copied");
      })));
    this.element.hidden = false;
    this.element.focus();
    announce(study.describe(row));
  }

  close() {
    this.element.hidden = true;
    if (this.back && this.back.isConnected) this.back.focus();
  }
}

// What is selected, and how to select: states, a filter in words, and the brushes that plots have set.
class SelectionBar {
  constructor(view) {
    this.view = view;
    this.count = make("span", {class: "count", role: "status"});
    this.chips = make("span", {class: "chips"});
    this.error = make("span", {class: "error", role: "alert"});
    this.filter = make("input", {type: "search", id: "filter", spellcheck: "false", autocomplete: "off", oninput: () => this.filterChanged(),
                                 placeholder: this.example()});
    this.clear = makeButton("Clear", () => this.clearAll());
    this.states = make("span", {class: "states", role: "group", "aria-label": "States"});
    this.hiddenStates = new Set();
    this.element = make("div", {class: "bar"}, this.count, this.states,
      make("label", {class: "control grow"}, "Filter ", this.filter), this.clear, this.chips, this.error);
    this.view.selection.onChange(() => this.refresh());
  }

  example() {
    const study = this.view.study;
    const p = study.scales.findIndex((scale) => !scale.categorical);
    return p < 0 ? "state=complete" : `${study.scales[p].name}<${study.scales[p].format(study.scales[p].fromUnit(0.5))}, state=complete`;
  }

  filterChanged() {
    const {conditions, error} = parseFilter(this.view.study, this.filter.value);
    this.error.textContent = error;
    this.view.selection.set("filter", conditions.length === 0 ? null
      : {text: null, test: (i) => conditions.every((condition) => condition.test(i))});
  }

  toggleState(state, shown) {
    if (shown) this.hiddenStates.delete(state);
    else this.hiddenStates.add(state);
    const hidden = this.hiddenStates, column = this.view.study.state;
    this.view.selection.set("states", hidden.size === 0 ? null : {text: null, test: (i) => !hidden.has(column[i])});
  }

  clearAll() {
    this.filter.value = "";
    this.error.textContent = "";
    this.hiddenStates.clear();
    this.view.clearBrushes();
    this.view.selection.clear();
  }

  refresh() {
    const {selection, study} = this.view;
    this.count.textContent = selection.active ? `${formatCount(selection.count)} of ${plural(study.n, "trial")}` : plural(study.n, "trial");
    this.clear.disabled = !selection.active;
    const boxes = [COMPLETE, STOPPED, FAILED, RUNNING, WAITING].filter((state) => study.counts[state] > 0).map((state) => {
      const label = makeCheckbox(`${STATE_NAMES[state]} ${formatCount(study.counts[state])}`, !this.hiddenStates.has(state), (shown) => this.toggleState(state, shown));
      label.classList.add("state", STATE_NAMES[state]);
      return label;
    });
    // Left alone while they say the same, so that the focus stays.
    if (this.states.textContent !== boxes.map((box) => box.textContent).join("")) this.states.replaceChildren(...boxes);
    else [...this.states.querySelectorAll("input")].forEach((input, k) => { input.checked = boxes[k].querySelector("input").checked; });
    this.chips.replaceChildren(...[...selection.conditions.entries()].filter(([, condition]) => condition.text !== null).map(([key, condition]) =>
      make("span", {class: "chip"}, condition.text,
           makeButton("×", () => { this.view.dropBrush(key); }, {"aria-label": `Remove ${condition.text}`}))));
  }
}

// A study with its plots.
class View {
  constructor(study) {
    this.study = study;
    this.selection = new Selection(study);
    this.tooltip = new Tooltip(this);
    this.card = new TrialCard(this);
    this.trials = new TrialTable(this);
    this.bar = new SelectionBar(this);
    this.figures = [];
    this.printing = false;
    this.grid = make("div", {class: "grid"});
    this.facts = make("dl", {class: "facts"});
    this.nav = make("nav", {class: "contents", "aria-label": "Plots"});
    this.message = make("div", {class: "flash", "aria-hidden": "true", hidden: true});
    this.element = make("div", {class: "view"}, this.facts, this.nav, this.bar.element, this.grid, this.card.element, this.tooltip.element, this.message);
    this.seen = new Set();
    this.observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const figure = this.figures.find((f) => f.element === entry.target);
        if (!figure) continue;
        figure.visible = entry.isIntersecting;
        if (entry.isIntersecting) this.schedule();
      }
    }, {rootMargin: "200px"});
    this.resizer = new ResizeObserver(() => {
      for (const figure of this.figures) if (figure.drawnWidth !== figure.width) figure.stale = true;
      this.schedule();
    });
    this.resizer.observe(this.grid);
    this.selection.onChange(() => {
      for (const figure of this.figures) figure.selectionStale = true;
      this.tableStale = true;
      this.schedule();
    });
    this.selection.onHover((row) => {
      if (row < 0) this.tooltip.hide();
      for (const figure of this.figures) figure.selectionStale = true;
      this.schedule();
    });
    this.refresh();
  }

  // After the study has changed.
  refresh() {
    this.selection.refresh();
    for (const Plot of PLOTS) {
      const there = this.figures.find((figure) => figure instanceof Plot);
      if (there) {
        there.stale = true;
      } else if (Plot.wants(this)) {
        const figure = new Plot(this);
        figure.stale = true;
        this.figures.push(figure);
        this.observer.observe(figure.element);
      }
    }
    this.figures.sort((a, b) => PLOTS.indexOf(a.constructor) - PLOTS.indexOf(b.constructor));
    this.pairUp();
    const elements = [...this.figures.map((figure) => figure.element), this.trials.element];
    if (elements.some((element, k) => this.grid.children[k] !== element)) this.grid.replaceChildren(...elements);
    this.nav.replaceChildren(...elements.map((element) => make("a", {href: `#${element.id}`}, element.querySelector("h2").textContent)));
    this.showFacts();
    this.bar.refresh();
    this.tableStale = true;
    this.schedule();
  }

  // Narrow figures stand in pairs; one that has no partner is as wide as the page.
  pairUp() {
    const figures = this.figures;
    for (let k = 0; k < figures.length; ++k) {
      if (figures[k].wide) continue;
      const paired = k + 1 < figures.length && !figures[k + 1].wide;
      figures[k].element.classList.toggle("wide", !paired);
      if (paired) figures[++k].element.classList.remove("wide");
    }
  }

  showFacts() {
    const study = this.study;
    const facts = [["objective", study.objectives.map((o) => `${o.goal} ${o.metric}`).join(", ")]];
    if (study.limits.length > 0) {
      facts.push(["constraints", study.limits.map((limit) => limit.at_least === undefined ? `${limit.metric} ≤ ${formatNumber(limit.at_most)}` : `${limit.metric} ≥ ${formatNumber(limit.at_least)}`).join(", ")]);
    }
    if (study.strategy) facts.push(["strategy", formatPlugin(study.strategy)]);
    if (study.runner) facts.push(["runner", formatPlugin(study.runner)]);
    facts.push(["parameters", String(study.space.length)]);
    if (study.objectives.length === 1) {
      facts.push(["best", study.best < 0 ? "none yet" : `${formatNumber(study.value[study.best])} by trial ${study.id[study.best]}`]);
    }
    const seconds = d3.sum(study.seconds);
    if (seconds > 0) facts.push(["time of training", formatSeconds(seconds)]);
    const steps = d3.sum(study.steps);
    if (steps > 0 && study.maxSteps > 1) facts.push([`${study.unit}s`, formatCount(steps)]);
    const starts = study.started.filter((v) => v > 0);
    if (starts.length > 0) facts.push(["started", formatDate(d3.min(starts))]);
    facts.push(["seed", study.seed], ["kept in", study.source]);
    this.facts.replaceChildren(...facts.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text))));
  }

  pin(row) {
    this.tooltip.hide();
    this.card.show(row);
  }

  flash(text) {
    this.message.textContent = text;
    this.message.hidden = false;
    clearTimeout(this.flashing);
    this.flashing = setTimeout(() => { this.message.hidden = true; }, 2000);
  }

  clearBrushes() {
    for (const figure of this.figures) figure.dropBrushes();
    this.schedule();
  }

  dropBrush(key) {
    for (const figure of this.figures) figure.dropBrushes(key);
    this.selection.set(key, null);
    this.schedule();
  }

  schedule() {
    if (this.scheduled || this.gone) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.draw();
    });
  }

  draw() {
    for (const figure of this.figures) {
      if (!figure.visible && !this.printing) continue;
      if (figure.stale && !figure.brushing) {
        figure.redraw();
      } else if (figure.selectionStale && figure.drawnWidth) {
        figure.selectionStale = false;
        figure.drawSelection();
      }
    }
    if (this.tableStale) {
      // The table may wait until the brush rests.
      this.tableStale = false;
      clearTimeout(this.tableTimer);
      this.tableTimer = setTimeout(() => this.trials.redraw(), this.trials.shown ? 120 : 0);
      this.trials.shown = true;
    }
  }

  redrawAll() {
    for (const figure of this.figures) figure.stale = true;
    this.draw();
    this.schedule();
  }

  close() {
    this.gone = true;
    this.observer.disconnect();
    this.resizer.disconnect();
    this.element.remove();
  }
}

class Page {
  constructor(studies) {
    this.studies = studies;
    this.view = null;
    this.main = make("main", {id: "main", tabindex: "-1"});
    this.title = make("h1", {});
    // Of several studies, the one that is looked at.
    this.heading = make("h2", {class: "study"});
    this.switcher = make("span", {});
    this.theme = makeButton("", () => this.toggleTheme(), {class: "theme"});
    document.getElementById("page").append(
      make("a", {class: "skip", href: "#main"}, "To the plots"),
      make("header", {class: "top"}, this.title, this.theme),
      this.main,
      make("div", {id: "announcer", class: "offscreen", "aria-live": "polite"}));
    this.nameTheme();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.themeChanged());
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
    THEME.refresh();
    this.compare();
    if (studies.length === 0) this.main.append(make("p", {class: "what"}, "There are no studies here yet."));
    else this.show(0);
  }

  show(index) {
    if (this.view) this.view.close();
    this.index = index;
    const study = this.studies[index];
    const several = this.studies.length > 1;
    this.title.textContent = several ? `${this.studies.length} studies` : study.name;
    this.heading.textContent = several ? study.name : "";
    this.makeSwitcher();
    this.view = new View(study);
    this.main.replaceChildren(make("div", {class: "top"}, this.heading, this.switcher), this.view.element);
  }

  // Several studies stand beside each other, above the one that is looked at.
  compare() {
    if (this.studies.length < 2) return;
    if (this.comparison) {
      this.comparison.redraw();
      return;
    }
    this.comparison = new Comparison(this.studies, (index) => {
      this.show(index);
      this.heading.scrollIntoView();
    });
    this.overview = make("div", {class: "grid overview"}, this.comparison.element);
    this.main.before(this.overview);
    new ResizeObserver(() => this.comparison.redraw()).observe(this.overview);
  }

  makeSwitcher() {
    const controls = [];
    if (this.studies.length > 1) {
      controls.push(makeSelect("Study", this.studies.map((study, k) => ({value: String(k), text: study.name})), String(this.index), (value) => this.show(Number(value))));
    }
    const study = this.studies[this.index];
    if (study.objectives.length > 1) {
      controls.push(makeSelect("Objective", study.objectives.map((o, k) => ({value: String(k), text: o.metric})), String(study.objective), (value) => {
        study.objective = Number(value);
        study.derive();
        this.show(this.index);
      }));
    }
    this.switcher.replaceChildren(...controls);
  }

  // A source has news of a study.
  update(index, data) {
    if (index >= this.studies.length) {
      this.studies.push(new Study(data));
      this.compare();
      this.show(this.view ? this.index : 0);
      return;
    }
    this.studies[index].update(data);
    this.compare();
    if (index === this.index) this.view.refresh();
  }

  get dark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  toggleTheme() {
    document.documentElement.dataset.theme = this.dark ? "light" : "dark";
    this.themeChanged();
  }

  nameTheme() {
    this.theme.textContent = this.dark ? "Light" : "Dark";
    this.theme.setAttribute("aria-label", this.dark ? "Light colours" : "Dark colours");
  }

  themeChanged() {
    this.nameTheme();
    THEME.refresh();
    if (this.comparison) this.comparison.redraw();
    if (this.view) this.view.redrawAll();
  }

  print(printing) {
    document.documentElement.classList.toggle("print", printing);
    THEME.refresh();
    if (this.comparison) this.comparison.redraw();
    if (!this.view) return;
    this.view.printing = printing;
    this.view.redrawAll();
    for (const image of document.querySelectorAll(".plot img")) image.remove();
    if (!printing) return;
    // Browsers print what a canvas shows on the screen, which is not what has just been drawn.
    for (const canvas of document.querySelectorAll(".plot canvas")) {
      canvas.after(make("img", {class: canvas.className, src: canvas.toDataURL(), alt: "", width: canvas.clientWidth, height: canvas.clientHeight}));
    }
  }
}

async function main() {
  const source = openSource();
  const studies = (await source.load()).map((data) => new Study(data));
  const page = new Page(studies);
  source.subscribe((index, data) => page.update(index, data));
}

main();
