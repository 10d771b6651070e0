// Numbers, durations and dates as people read them.

// Four digits that count, as the program prints them; more where `near` (the other numbers that
// stand beside it) would look the same.
function formatNumber(x) {
  if (x === null || x === undefined || Number.isNaN(x)) return "–";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (Number.isInteger(x) && Math.abs(x) < 1e7) return String(x).replace("-", "−");
  const magnitude = Math.abs(x);
  const text =
    magnitude >= 1e7 || magnitude < 1e-4 ? x.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e")
                                         : String(Number(x.toPrecision(4)));
  return text.replace("-", "−").replace("e-", "e−");
}

function formatCount(n) {
  return n.toLocaleString("en-US");
}

function plural(n, noun) {
  return `${formatCount(n)} ${noun}${n === 1 ? "" : "s"}`;
}

function formatPercent(share) {
  return share > 0 && share < 0.01 ? "< 1 %" : `${Math.round(100 * share)} %`;
}

function formatSeconds(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 0.0995) return `${formatNumber(Number((1000 * seconds).toPrecision(2)))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole / 60) % 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole / 3600) % 24)} h`;
}

// Seconds since 1970, in the reader's time zone.
function formatDate(seconds) {
  if (!(seconds > 0)) return "–";
  const two = (n) => String(n).padStart(2, "0");
  const d = new Date(1000 * seconds);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ` +
    `${two(d.getHours())}:${two(d.getMinutes())}`;
}

// A choice, a plugin's name or another JSON value as text.
function formatValue(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

// A plugin with its options: "tpe (gamma 0.2)".
function formatPlugin(spec) {
  if (spec === null || spec === undefined) return "";
  if (typeof spec === "string") return spec;
  const options = Object.entries(spec).filter(([key]) => key !== "name");
  const text = options.map(([key, value]) => `${key} ${formatValue(value)}`).join(", ");
  return text === "" ? spec.name : `${spec.name} (${text})`;
}
