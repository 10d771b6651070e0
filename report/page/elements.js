// Elements of the document. All text goes in as text: no name of a study, parameter or value is ever
// read as HTML.

// A new element: attributes by name (functions are listeners, by "onNAME"; true stands alone, null
// and false leave it out), then children: elements or texts.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

// A table: `columns` [{text, number, title}], `rows` lists of texts.
function makeTable({caption, columns, rows}) {
  return make("table", {},
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...columns.map((column) =>
      make("th", {scope: "col", class: column.number ? "number" : null}, column.text)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((text, c) =>
      make("td", {class: columns[c].number ? "number" : null}, String(text)))))));
}

// A labelled <select>. `options`: [{value, text}].
function makeSelect(label, options, value, onChange) {
  const select = make("select", {onchange: () => onChange(select.value)},
    ...options.map((option) => make("option", {value: option.value, selected: option.value === value},
                                    option.text)));
  return make("label", {class: "control"}, `${label} `, select);
}

function makeCheckbox(label, checked, onChange) {
  const box = make("input", {type: "checkbox", checked, onchange: () => onChange(box.checked)});
  return make("label", {class: "control"}, box, ` ${label}`);
}

function makeButton(text, onClick, attributes = {}) {
  return make("button", {type: "button", onclick: onClick, ...attributes}, text);
}

// Says something to those who listen to the page.
function announce(text) {
  document.getElementById("announcer").textContent = text;
}

// Saves text as a file of the user's.
function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], {type}));
  const link = make("a", {href: url, download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) {
    // Not allowed here: the old way.
    const area = make("textarea", {class: "offscreen"});
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function fileName(text) {
  return text.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/^[._]+/, "") || "study";
}
