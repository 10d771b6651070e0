// A parameter's own scale: linear, log, reverse log (1 - 10^r) or its choices; core/space.h has the
// formulas. Plots place values by toUnit, which is uniform where the sampling was.

class ParameterScale {
  constructor(parameter) {
    this.parameter = parameter;
    this.name = parameter.name;
    this.categorical = parameter.type === "categorical";
    this.integer = parameter.type === "int";
    this.kind = this.categorical ? "categorical" : parameter.scale || "linear";
    this.low = parameter.low;
    this.high = parameter.high;
    this.choices = parameter.choices || [];
    // What is linear in the unit interval.
    this.a = this.categorical ? 0 : this.bend(this.low);
    this.b = this.categorical ? this.choices.length : this.bend(this.high);
  }

  bend(value) {
    if (this.kind === "log") return Math.log10(value);
    if (this.kind === "reverse_log") return Math.log10(1 - value);
    return value;
  }

  unbend(x) {
    if (this.kind === "log") return 10 ** x;
    if (this.kind === "reverse_log") return 1 - 10 ** x;
    return x;
  }

  // In [0, 1]; NaN stays NaN.
  toUnit(value) {
    if (this.categorical) return (value + 0.5) / this.choices.length;
    if (this.a === this.b) return Number.isNaN(value) ? NaN : 0.5;
    const u = (this.bend(value) - this.a) / (this.b - this.a);
    return u < 0 ? 0 : u > 1 ? 1 : u;
  }

  fromUnit(u) {
    if (this.categorical) {
      return Math.max(0, Math.min(this.choices.length - 1, Math.floor(u * this.choices.length)));
    }
    const value = this.unbend(this.a + u * (this.b - this.a));
    return this.integer ? Math.round(value) : value;
  }

  format(value) {
    if (Number.isNaN(value)) return "–";
    if (this.categorical) return formatValue(this.choices[value]);
    if (this.kind === "reverse_log" && value > 0.9 && value < 1) {
      // Two digits of the distance to 1.
      const digits = Math.min(12, 1 - Math.floor(Math.log10(1 - value)));
      return String(Number(value.toFixed(digits)));
    }
    return formatNumber(value);
  }

  // The value as JSON has it.
  toJson(value) {
    return this.categorical ? this.choices[value] : value;
  }

  // What the axis says of its scale; "" for a linear one.
  note() {
    return this.kind === "log" ? "log scale" : this.kind === "reverse_log" ? "reverse log scale" : "";
  }

  // Places and texts of about `count` ticks: [{unit, text}].
  ticks(count) {
    if (this.categorical) {
      const step = Math.ceil(this.choices.length / Math.max(1, count * 2));
      return this.choices
        .map((choice, i) => ({unit: this.toUnit(i), text: formatValue(choice)}))
        .filter((_, i) => i % step === 0);
    }
    let values;
    if (this.kind === "linear") {
      values = d3.ticks(this.low, this.high, count).filter((v) => !this.integer || Number.isInteger(v));
    } else {
      const distances = this.kind === "log" ? [this.low, this.high] : [1 - this.high, 1 - this.low];
      values = logTicks(distances[0], distances[1], count);
      if (this.kind === "reverse_log") values = values.map((v) => Number((1 - v).toPrecision(12))).reverse();
    }
    if (values.length < 2) values = [this.low, this.high];
    return values.map((v) => ({unit: this.toUnit(v), text: this.format(v)}));
  }
}

// Powers of ten within [low, high]; also 2 and 5 times them where there is room, or only every few
// powers where there is not.
function logTicks(low, high, count) {
  const decades = Math.log10(high / low);
  const steps = decades < 1.2 ? [1, 2, 3, 5, 7] : decades * 3 <= count + 1 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / count));
  const first = Math.floor(Math.log10(low));
  const values = [];
  for (let e = first; e <= Math.ceil(Math.log10(high)); ++e) {
    if (every > 1 && (((e % every) + every) % every) !== 0) continue;
    for (const step of steps) {
      const value = Number(`${step}e${e}`);
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) values.push(value);
    }
  }
  return values;
}

// An axis for numbers that were measured, such as an objective: linear or log, without the few that
// are so far out that the others could not be told apart.
class ValueScale {
  // `values`: what is finite counts. `goal`: "minimize" or "maximize" (which end is the good one),
  // or undefined. `log`: true, false, or undefined for what suits them.
  constructor(values, goal, log) {
    const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
    const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
    this.empty = sorted.length === 0;
    let low = this.empty ? 0 : sorted[0];
    let high = this.empty ? 1 : sorted[sorted.length - 1];
    this.canLog = low > 0;
    this.log = this.canLog && (log !== undefined ? log : at(0.9) / low > 30);
    if (!this.empty && !this.log) {
      // The bad end is cut where it would take most of the axis.
      const bulk = goal === "maximize" ? high - at(0.1) : at(0.9) - low;
      if (goal !== "maximize" && high - low > 3 * bulk && bulk > 0) high = low + 1.5 * bulk;
      if (goal === "maximize" && high - low > 3 * bulk && bulk > 0) low = high - 1.5 * bulk;
    }
    const inner = this.log ? [Math.log10(low), Math.log10(high)] : [low, high];
    const margin = (inner[1] - inner[0]) * 0.04 || Math.abs(inner[0]) * 0.05 || 0.5;
    const outer = [inner[0] - margin, inner[1] + margin];
    this.domain = this.log ? outer.map((x) => 10 ** x) : outer;
    this.low = low;
    this.high = high;
    this.beyond = sorted.reduce((count, v) => count + (v < low || v > high), 0);
  }

  // A scale of D3 onto a range of pixels that clamps.
  onto(range) {
    const scale = this.log ? d3.scaleLog() : d3.scaleLinear();
    return scale.domain(this.domain).range(range).clamp(true);
  }

  ticks(count) {
    if (!this.log) return d3.ticks(this.domain[0], this.domain[1], count);
    const ticks = logTicks(this.domain[0], this.domain[1], count);
    return ticks.length > 1 ? ticks : d3.ticks(this.domain[0], this.domain[1], count);
  }
}
