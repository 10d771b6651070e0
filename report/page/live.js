// A study that a server follows: the page asks for what has changed since, and the server answers as
// soon as something has (dashboard/live_study.h). Above the study stands whether the page is up to
// date, what is noted about it, and, where the server allows edits, what can be changed.

const WAIT = 20;  // seconds that the server may take to answer
const EVERY = 2000;  // milliseconds after which several studies are asked for again

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// The server's JSON; an Error says what was wrong, and has the answer's `status`.
async function fetchJson(url, options) {
  const answer = await fetch(url, options);
  const json = await answer.json().catch(() => ({error: `error ${answer.status}`}));
  if (answer.ok) return json;
  const error = new Error(json.error);
  error.status = answer.status;
  throw error;
}

class LivePanel {
  constructor(url, edits, study) {
    this.url = url;
    this.study = study;
    this.state = make("span", {class: "state", role: "status"}, "Live");
    this.note = make("p", {class: "note", hidden: true});
    this.line = make("div", {class: "line"}, make("a", {href: "/"}, "All studies"), this.state);
    this.element = make("section", {class: "live", "aria-label": "Live"}, this.line, this.note);
    if (edits) this.addEdits();
    document.querySelector("header.top").after(this.element);
  }

  addEdits() {
    this.message = make("span", {role: "status"});
    this.pause = makeButton("", () => this.edit("pause", {paused: !this.paused}));
    this.line.append(this.pause, this.message);

    this.noteText = make("textarea", {rows: "3", "aria-label": "Note", maxlength: "5000"});
    this.running = make("tbody");
    this.element.append(
      make("details", {}, make("summary", {}, "Edit the note"), this.noteText,
        makeButton("Keep the note", () => this.edit("note", {note: this.noteText.value}))),
      make("details", {class: "enqueue"}, make("summary", {}, "Try an assignment"),
        make("p", {class: "what"}, "The next worker that is free tries it. What is left empty gets its default."),
        this.makeFields(),
        makeButton("Enqueue", () => this.enqueue())),
      make("details", {class: "running"}, make("summary", {}, "Trials that run"),
        make("table", {}, make("caption", {class: "offscreen"}, "Trials that run"),
          make("thead", {}, make("tr", {}, ...["trial", "worker", "since", ""].map((text) => make(text === "" ? "td" : "th", {scope: text === "" ? null : "col"}, text)))),
          this.running)));
  }

  makeFields() {
    this.fields = this.study.space.map((parameter) => {
      const input = parameter.type === "categorical"
        ? make("select", {}, make("option", {value: ""}, "default"),
               ...parameter.choices.map((choice, k) => make("option", {value: String(k)}, formatValue(choice))))
        : make("input", {type: "text", inputmode: "decimal", autocomplete: "off", placeholder: `${parameter.low} … ${parameter.high}`});
      return {parameter, input};
    });
    return make("div", {class: "fields"}, ...this.fields.map(({parameter, input}) => make("label", {}, parameter.name, input)));
  }

  enqueue() {
    // Own properties, whatever the parameters are called.
    const params = Object.create(null);
    for (const {parameter, input} of this.fields) {
      const text = input.value.trim();
      if (text === "") continue;
      if (parameter.type === "categorical") {
        params[parameter.name] = parameter.choices[Number(text)];
      } else if (Number.isFinite(Number(text))) {
        params[parameter.name] = Number(text);
      } else {
        this.message.textContent = `“${text}” is no value of ${parameter.name}`;
        return;
      }
    }
    this.edit("enqueue", {params});
  }

  async edit(name, body) {
    try {
      const answer = await fetchJson(`${this.url}/${name}`, {
        method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body),
      });
      this.message.textContent = answer.done;
    } catch (error) {
      this.message.textContent = `Not done: ${error.message}`;
    }
  }

  // News of the study without its trials.
  show(news) {
    this.paused = news.paused;
    this.state.textContent = news.paused ? "Live, paused" : "Live";
    this.note.textContent = news.note;
    this.note.hidden = news.note === "";
    if (!this.pause) return;
    this.pause.textContent = news.paused ? "Resume the study" : "Pause the study";
    if (document.activeElement !== this.noteText) this.noteText.value = news.note;
    const focused = document.activeElement && document.activeElement.dataset.trial;
    this.running.replaceChildren(...news.running.map((trial) => make("tr", {},
      make("th", {scope: "row"}, String(trial.id)), make("td", {}, trial.worker),
      make("td", {}, formatDate(trial.started)),
      make("td", {}, trial.stop ? "is to stop" : makeButton("Stop", () => this.edit("stop", {trial: trial.id}), {"data-trial": String(trial.id), "aria-label": `Stop trial ${trial.id}`})))));
    if (focused) this.running.querySelector(`[data-trial="${focused}"]`)?.focus();
  }

  lost(text) {
    this.state.classList.toggle("lost", text !== null);
    if (text !== null && this.state.textContent !== text) this.state.textContent = text;
    else if (text === null && this.wasLost) this.state.textContent = this.paused ? "Live, paused" : "Live";
    this.wasLost = text !== null;
  }
}

// The lists of texts that a study's trials point into: news bring their own, and here are those of all.
class SharedTexts {
  constructor() {
    this.lists = {reasons: new Map(), workers: new Map()};
  }

  take(data) {
    for (const [list, column] of [["reasons", "reason"], ["workers", "worker"]]) {
      const known = this.lists[list];
      const place = data[list].map((text) => {
        if (!known.has(text)) known.set(text, known.size);
        return known.get(text);
      });
      data.trials[column] = data.trials[column].map((k) => place[k]);
      data[list] = [...known.keys()];
    }
    return data;
  }
}

// `urls`: of the studies. `edits`: whether the one that there is may be edited.
SOURCES.live = ({urls, edits}) => {
  const texts = urls.map(() => new SharedTexts());
  // A browser has few connections to a server: those of several studies must not wait.
  const wait = urls.length === 1 ? WAIT : 0, every = urls.length === 1 ? 0 : EVERY;
  const lost = new Map();  // what is wrong, by the study's index
  let first = [];

  async function follow(index, panel, change) {
    let version = first[index].version;
    for (let pause = every; ; ) {
      await sleep(pause);
      // A page that is not seen waits; it asks for all that it has missed when it is.
      while (document.hidden) await sleep(500);
      try {
        const news = await fetchJson(`${urls[index]}?since=${encodeURIComponent(version)}&wait=${wait}`);
        pause = every;
        lost.delete(index);
        if (news.study && news.all) {  // another study, or the server has begun anew
          location.reload();
          return;
        }
        if (news.study) {
          change(index, texts[index].take(news.study));
          if (urls.length === 1) panel.show(news);
        }
        version = news.version;
      } catch (error) {
        lost.set(index, error.status === 404 ? "The study is gone" : `Not up to date: ${error.message}`);
        pause = Math.min(10000, pause * 2 + 500);
      }
      panel.lost(lost.size > 0 ? [...lost.values()][0] : null);
    }
  }

  return {
    async load() {
      const page = document.getElementById("page");
      for (;;) {
        try {
          first = await Promise.all(urls.map((url) => fetchJson(url)));
          page.replaceChildren();
          return first.map((news, index) => texts[index].take(news.study));
        } catch (error) {
          page.replaceChildren(make("main", {}, make("h1", {}, "The study cannot be shown"), make("p", {role: "alert"}, error.message),
                                    make("p", {}, make("a", {href: "/"}, "All studies"))));
          await sleep(3000);
        }
      }
    },

    subscribe(change) {
      const panel = new LivePanel(urls[0], edits, first[0].study);
      if (urls.length === 1) panel.show(first[0]);
      urls.forEach((_, index) => follow(index, panel, change));
      first = first.map(({version}) => ({version}));
    },
  };
};
