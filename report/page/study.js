// A study as the plots see it: columns of numbers by trial (report/data.h has the fields), and what
// follows from them. A row is a trial's index into the columns; rows are in the order of ids.

const WAITING = 0, RUNNING = 1, COMPLETE = 2, STOPPED = 3, FAILED = 4;
const STATE_NAMES = ["waiting", "running", "complete", "stopped", "failed"];

const SINGLE_COLUMNS = ["id", "state", "failure", "reason", "worker", "started", "seconds", "steps",
                        "budget", "resume_from"];
const LISTS_OF_COLUMNS = ["params", "values", "constraints"];

function toColumn(list) {
  const column = new Float64Array(list.length);
  for (let i = 0; i < list.length; ++i) column[i] = list[i] === null ? NaN : list[i];
  return column;
}

class Study {
  constructor(data) {
    this.setHead(data);
    const trials = data.trials;
    this.n = trials.id.length;
    for (const name of SINGLE_COLUMNS) this[name] = toColumn(trials[name]);
    for (const name of LISTS_OF_COLUMNS) this[name] = trials[name].map(toColumn);
    this.cost = trials.cost ? toColumn(trials.cost) : null;
    this.reportStep = toColumn(trials.reports.step);
    this.reportValues = trials.reports.values.map(toColumn);
    this.reportsThinned = trials.reports.thinned;
    this.reportStart = new Float64Array(this.n);
    this.reportCount = toColumn(trials.reports.count);
    for (let i = 0, start = 0; i < this.n; ++i) {
      this.reportStart[i] = start;
      start += this.reportCount[i];
    }
    this.objective = 0;
    this.derive();
  }

  setHead(data) {
    this.head = data;
    for (const name of ["name", "source", "seed", "strategy", "runner", "objectives", "metrics", "unit",
                        "planned", "space", "importance", "rounds", "failures", "reasons", "workers"]) {
      this[name] = data[name];
    }
    this.maxSteps = data.max_steps;
    this.costMetric = data.cost_metric;
    this.settable = data.settable;
    this.limits = data.constraints;
    this.scales = this.space.map((parameter) => new ParameterScale(parameter));
  }

  // Takes over what has changed: the same fields, with the rows of new and changed trials alone.
  update(data) {
    const old = this.n;
    const row = new Map();
    for (let i = 0; i < old; ++i) row.set(this.id[i], i);
    const trials = data.trials;
    const places = trials.id.map((id) => {
      if (!row.has(id)) row.set(id, row.size);
      return row.get(id);
    });
    this.setHead(data);
    this.n = row.size;
    const merge = (column, list) => {
      const merged = new Float64Array(this.n).fill(NaN);
      merged.set(column.subarray(0, old));
      for (let k = 0; k < places.length; ++k) merged[places[k]] = list[k] === null ? NaN : list[k];
      return merged;
    };
    for (const name of SINGLE_COLUMNS) this[name] = merge(this[name], trials[name]);
    for (const name of LISTS_OF_COLUMNS) {
      this[name] = trials[name].map((list, k) => merge(this[name][k] || new Float64Array(old).fill(NaN), list));
    }
    if (trials.cost) this.cost = merge(this.cost || new Float64Array(old).fill(NaN), trials.cost);
    // New reports go behind the others; what they replace is no longer pointed to.
    const before = this.reportStep.length;
    const starts = [];
    let end = before;
    for (const count of trials.reports.count) {
      starts.push(end);
      end += count;
    }
    this.reportStart = merge(this.reportStart, starts);
    this.reportCount = merge(this.reportCount, trials.reports.count);
    const append = (column, list) => {
      const joined = new Float64Array(before + list.length);
      joined.set(column);
      joined.set(toColumn(list), before);
      return joined;
    };
    this.reportStep = append(this.reportStep, trials.reports.step);
    this.reportValues = trials.reports.values.map((list, m) => append(this.reportValues[m] || new Float64Array(before), list));
    this.sortRows();
    this.derive();
  }

  // Trials may come out of order.
  sortRows() {
    let sorted = true;
    for (let i = 1; i < this.n && sorted; ++i) sorted = this.id[i - 1] < this.id[i];
    if (sorted) return;
    const order = Uint32Array.from(d3.range(this.n)).sort((a, b) => this.id[a] - this.id[b]);
    const arrange = (column) => Float64Array.from(order, (i) => column[i]);
    for (const name of [...SINGLE_COLUMNS, "reportStart", "reportCount"]) this[name] = arrange(this[name]);
    for (const name of LISTS_OF_COLUMNS) this[name] = this[name].map(arrange);
    if (this.cost) this.cost = arrange(this.cost);
  }

  // What follows from the columns, for the objective that is looked at.
  derive() {
    const n = this.n;
    const k = this.objective;
    this.goal = this.objectives[k].goal;
    this.metric = this.objectives[k].metric;
    const sign = this.goal === "maximize" ? -1 : 1;
    this.value = this.values[k];
    this.feasible = new Uint8Array(n);
    this.loss = new Float64Array(n);
    this.counts = [0, 0, 0, 0, 0];
    this.rowOf = new Map();
    for (let i = 0; i < n; ++i) {
      this.counts[this.state[i]] += 1;
      this.rowOf.set(this.id[i], i);
      this.feasible[i] = this.constraints.every((column) => !(column[i] > 0)) ? 1 : 0;
      this.loss[i] = sign * this.value[i];
    }
    this.best = -1;
    for (let i = 0; i < n; ++i) {
      if (this.countsForBest(i) && (this.best < 0 || this.loss[i] < this.loss[this.best])) this.best = i;
    }
    this.priority = this.priorities();
    this.quality = this.qualities();
  }

  countsForBest(i) {
    return this.state[i] === COMPLETE && this.feasible[i] === 1 && !Number.isNaN(this.loss[i]);
  }

  // All rows in the order in which plots drop them when there are too many to draw: the best first,
  // then those at the ends of any axis, then an even sample of the others.
  priorities() {
    const n = this.n;
    const chosen = new Uint8Array(n);
    const order = new Uint32Array(n);
    let count = 0;
    const take = (i) => {
      if (i === undefined || chosen[i]) return;
      chosen[i] = 1;
      order[count++] = i;
    };
    const ranked = Uint32Array.from(d3.range(n).filter((i) => !Number.isNaN(this.loss[i])));
    ranked.sort((a, b) => this.loss[a] - this.loss[b]);
    for (let r = 0; r < Math.min(200, ranked.length); ++r) take(ranked[r]);
    for (let r = 0; r < Math.min(50, ranked.length); ++r) take(ranked[ranked.length - 1 - r]);
    for (const column of [...this.params, ...this.values, this.seconds]) {
      const extremes = [-1, -1];
      for (let i = 0; i < n; ++i) {
        if (Number.isNaN(column[i])) continue;
        if (extremes[0] < 0 || column[i] < column[extremes[0]]) extremes[0] = i;
        if (extremes[1] < 0 || column[i] > column[extremes[1]]) extremes[1] = i;
      }
      for (const i of extremes) if (i >= 0) take(i);
    }
    // Steps of the golden ratio visit all rows evenly, however early one stops.
    let stride = Math.max(1, Math.round(n * 0.6180339887));
    const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));
    while (n > 1 && divisor(stride, n) !== 1) ++stride;
    for (let k = 0, i = 0; k < n; ++k, i = (i + stride) % n) take(i);
    return order;
  }

  // For each row how good it is among those with a value: 1 the best, 0 the worst; NaN: it has none.
  qualities() {
    const ranked = [];
    for (let i = 0; i < this.n; ++i) if (!Number.isNaN(this.loss[i])) ranked.push(i);
    ranked.sort((a, b) => this.loss[a] - this.loss[b]);
    const quality = new Float64Array(this.n).fill(NaN);
    ranked.forEach((i, r) => { quality[i] = ranked.length < 2 ? 1 : 1 - r / (ranked.length - 1); });
    return quality;
  }

  // The first `most` rows by priority that `wanted` takes.
  drawn(most, wanted) {
    const rows = [];
    for (let k = 0; k < this.n && rows.length < most; ++k) {
      const i = this.priority[k];
      if (!wanted || wanted(i)) rows.push(i);
    }
    return rows;
  }

  hasReports() {
    return this.reportStep.length > 0;
  }

  // The parameters by what is known of their importance, the most important first.
  parametersByImportance() {
    const entry = this.importance.find((e) => e.metric === this.metric);
    const shares = entry ? entry.shares : this.space.map(() => 0);
    return d3.range(this.space.length).sort((a, b) => shares[b] - shares[a] || a - b);
  }

  // A trial as JSON, as a result file has it.
  trialJson(i) {
    const json = {id: this.id[i], state: STATE_NAMES[this.state[i]]};
    // Own properties, whatever the parameters are called.
    const params = Object.create(null);
    this.scales.forEach((scale, p) => {
      if (!Number.isNaN(this.params[p][i])) params[scale.name] = scale.toJson(this.params[p][i]);
    });
    json.params = params;
    if (!Number.isNaN(this.budget[i])) json.budget = this.budget[i];
    if (!Number.isNaN(this.resume_from[i])) json.resume_from = this.resume_from[i];
    const numbers = (columns) => columns.map((column) => (Number.isNaN(column[i]) ? null : column[i]));
    if (this.values.some((column) => !Number.isNaN(column[i]))) json.values = numbers(this.values);
    if (this.constraints.some((column) => !Number.isNaN(column[i]))) json.constraints = numbers(this.constraints);
    if (this.failure[i] > 0) json.failure = this.failures[this.failure[i]];
    if (this.reason[i] > 0) json.reason = this.reasons[this.reason[i]];
    json.started = this.started[i];
    json.seconds = this.seconds[i];
    return json;
  }

  // "Trial 21, validation_error 0.1371, complete"
  describe(i) {
    const value = Number.isNaN(this.value[i]) ? "" : `, ${this.metric} ${formatNumber(this.value[i])}`;
    return `Trial ${this.id[i]}${value}, ${STATE_NAMES[this.state[i]]}`;
  }
}
