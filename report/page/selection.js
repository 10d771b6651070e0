// Which trials are looked at: each brush and each filter is one condition, and a trial is selected if
// it meets all of them. A plot sets its conditions here and draws what comes of those of all.

class Selection {
  constructor(study) {
    this.study = study;
    this.conditions = new Map();  // key -> {text, test(row)}
    this.listeners = [];
    this.hoverListeners = [];
    this.hovered = -1;
    this.moving = false;
    this.refresh();
  }

  get active() {
    return this.conditions.size > 0;
  }

  // `condition`: null takes it away.
  set(key, condition) {
    if (condition === null) {
      if (!this.conditions.delete(key)) return;
    } else {
      this.conditions.set(key, condition);
    }
    this.refresh();
    this.tell();
  }

  clear() {
    this.conditions.clear();
    this.refresh();
    this.tell();
  }

  refresh() {
    const n = this.study.n;
    const mask = new Uint8Array(n).fill(1);
    for (const {test} of this.conditions.values()) {
      for (let i = 0; i < n; ++i) if (mask[i] === 1 && !test(i)) mask[i] = 0;
    }
    this.mask = mask;
    this.count = 0;
    for (let i = 0; i < n; ++i) this.count += mask[i];
    // The selected rows in the order in which plots drop them, as many as any plot draws.
    this.leading = [];
    const {priority} = this.study;
    for (let k = 0; k < n && this.leading.length < MOST_POINTS; ++k) {
      if (mask[priority[k]] === 1) this.leading.push(priority[k]);
    }
  }

  // The first `most` selected rows by priority that `wanted` takes. While a brush moves, a part of
  // them is enough for the eye.
  drawn(most, wanted) {
    const limit = this.moving ? Math.ceil(most * 0.3) : most;
    const rows = [];
    for (const i of this.leading) {
      if (rows.length >= limit) break;
      if (wanted(i)) rows.push(i);
    }
    return rows;
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  tell() {
    for (const listener of this.listeners) listener();
  }

  onHover(listener) {
    this.hoverListeners.push(listener);
  }

  hover(row) {
    if (row === this.hovered) return;
    this.hovered = row;
    for (const listener of this.hoverListeners) listener(row);
  }

  rows() {
    const rows = [];
    for (let i = 0; i < this.mask.length; ++i) if (this.mask[i] === 1) rows.push(i);
    return rows;
  }
}

// A condition on a column of numbers, both ends included.
function between(text, column, low, high) {
  return {text, test: (i) => column[i] >= low && column[i] <= high};
}

// "learning_rate<0.01, optimizer=adam, state=complete": a comparison each, as `sturgeon trials
// --where` has them. Returns {conditions: [{text, test}], error: "" or what is wrong}.
function parseFilter(study, text) {
  const columns = new Map();
  const add = (name, column, read) => { if (!columns.has(name)) columns.set(name, {column, read}); };
  const number = (word) => (word.trim() === "" || Number.isNaN(Number(word)) ? null : Number(word));
  study.scales.forEach((scale, p) => {
    const read = scale.categorical
      ? (word) => {
          const k = scale.choices.findIndex((choice) => formatValue(choice) === word);
          return k < 0 ? null : k;
        }
      : number;
    add(scale.name, study.params[p], read);
  });
  study.objectives.forEach((objective, k) => add(objective.metric, study.values[k], number));
  add("id", study.id, number);
  add("seconds", study.seconds, number);
  add("steps", study.steps, number);
  add("state", study.state, (word) => {
    const k = STATE_NAMES.indexOf(word);
    return k < 0 ? null : k;
  });
  const tests = {
    "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
    "=": (a, b) => a === b, "!=": (a, b) => a !== b && !Number.isNaN(a),
  };
  const conditions = [];
  for (const part of text.split(",").map((word) => word.trim()).filter((word) => word !== "")) {
    const match = /^(.*?)\s*(<=|>=|!=|=|<|>)\s*(.*)$/.exec(part);
    if (match === null) return {conditions: [], error: `“${part}” is no comparison, such as ${study.metric}<0.5`};
    const [, name, operator, word] = match;
    const found = columns.get(name);
    if (found === undefined) return {conditions: [], error: `there is no “${name}”; try ${[...columns.keys()].slice(0, 6).join(", ")}`};
    const wanted = found.read(word);
    if (wanted === null) return {conditions: [], error: `“${word}” is no value of ${name}`};
    const test = tests[operator];
    conditions.push({text: part, test: (i) => test(found.column[i], wanted)});
  }
  return {conditions, error: ""};
}
