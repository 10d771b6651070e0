// Where the page has its studies from. A source is made from the page's description of it (the
// element #source) and has
//   load()             resolves to the studies, each as report/data.h has it;
//   subscribe(change)  calls change(index, data) from then on when a study has changed: `data` as in
//                      load(), of the trials that are new or have changed alone.

const SOURCES = {
  // The studies stand in the page itself, and never change.
  embedded: () => ({
    async load() {
      return [...document.querySelectorAll("script.study")].map((element) => {
        const data = JSON.parse(element.textContent);
        element.remove();
        return data;
      });
    },
    subscribe() {},
  }),
};

function openSource() {
  const description = JSON.parse(document.getElementById("source").textContent);
  return SOURCES[description.kind](description);
}
