// The list of studies, fetched every few seconds while the page can be seen. All text goes in as
// text: no name of a study is ever read as HTML.
const EVERY = 2000;  // milliseconds

const chosen = new Set();  // the numbers of the studies that are to be compared

function showChoice() {
  document.getElementById("compare").disabled = chosen.size < 2;
}

function cell(tag, text, className) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

function row(study) {
  const tr = document.createElement("tr");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = chosen.has(study.id);
  box.dataset.study = study.id;
  box.setAttribute("aria-label", `Compare ${study.name}`);
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(study.id);
    else chosen.delete(study.id);
    showChoice();
  });
  const choice = document.createElement("td");
  choice.append(box);
  const head = document.createElement("th");
  head.scope = "row";
  const link = document.createElement("a");
  link.href = `/study/${study.id}`;
  link.textContent = study.name === "" ? "(no name)" : study.name;
  head.append(link);
  const counts = ["running", "waiting", "complete", "stopped", "failed"];
  tr.append(choice, head, cell("td", study.goals.join(", ")),
    ...counts.map((name) => cell("td", study[name] === 0 ? "–" : formatCount(study[name]), "number")),
    cell("td", formatDate(study.started)));
  return tr;
}

let shown = "";

async function refresh() {
  const state = document.getElementById("state");
  try {
    const answer = await fetch("/api/studies");
    const text = await answer.text();
    if (!answer.ok) throw new Error(JSON.parse(text).error);
    if (text !== shown) {
      shown = text;
      const studies = JSON.parse(text);
      const there = new Set(studies.map((study) => study.id));
      for (const id of chosen) if (!there.has(id)) chosen.delete(id);
      showChoice();
      // What has the focus keeps it.
      const {href, dataset} = document.activeElement || {};
      document.getElementById("studies").replaceChildren(...studies.map(row));
      const rows = document.getElementById("studies");
      [...rows.querySelectorAll("a, input")].find((e) => (e.href ? e.href === href : e.dataset.study === dataset?.study))?.focus();
      state.textContent = studies.length === 0 ? "There are no studies yet; sturgeon tune makes one." : "";
    } else if (state.dataset.lost) {
      state.textContent = "";
    }
    delete state.dataset.lost;
  } catch (error) {
    state.dataset.lost = "1";
    const text = `Not up to date: ${error.message}`;
    if (state.textContent !== text) state.textContent = text;
  }
}

async function loop() {
  for (;;) {
    if (!document.hidden) await refresh();
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

document.getElementById("compare").addEventListener("click", () => {
  location.href = `/compare/${[...chosen].sort((a, b) => a - b).join(",")}`;
});
loop();
