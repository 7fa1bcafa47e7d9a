// The page's own script: the switch of languages, live charts, enlarging on a phone, printing with all open.
// Without it both languages, the drawn pictures and all tables are readable.
(() => {
  "use strict";
  const root = document.documentElement;
  const buttons = [...document.querySelectorAll("button[data-language]")];
  const languages = buttons.map((button) => button.dataset.language);

  // the hash wins, since the switch writes it
  function asked() {
    const fromHash = location.hash.slice(1);
    const fromQuery = new URLSearchParams(location.search).get("lang");
    return [fromHash, fromQuery].find((language) => languages.includes(language)) || root.lang;
  }

  function show(language) {
    root.lang = language;
    document.title = root.getAttribute("data-title-" + language) || document.title;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.language === language));
    return draw(language);
  }

  // only what is seen is drawn; a chart that fails leaves the drawn picture in its place
  async function draw(language) {
    if (!window.vegaEmbed) return;
    const waiting = [...document.querySelectorAll(`.picture.${language}[data-spec]:not([data-live])`)];
    for (const place of waiting) place.dataset.live = "drawing";
    const family = '12px "IPAexGothic"';
    await document.fonts.load(family, "あA").catch(() => []); // widths are measured with the font that is shown
    for (const place of waiting) await drawOne(place);
  }

  // Vega's reader of CSV makes code from text, which the page's policy forbids. The charts' own CSV quotes nothing.
  function withRows(spec) {
    const format = (spec.data && spec.data.format) || {};
    if (format.type !== "csv" || typeof spec.data.values !== "string") return spec;
    const [heads, ...lines] = spec.data.values.trim().split("\n").map((line) => line.split(","));
    const value = (text) => (text === "" ? null : Number.isNaN(Number(text)) ? text : Number(text));
    const values = lines.map((cells) => Object.fromEntries(heads.map((head, i) => [head, value(cells[i])])));
    return { ...spec, data: { ...spec.data, values, format: { ...format, type: "json" } } };
  }

  async function drawOne(place) {
    const canvas = document.createElement("div");
    canvas.className = "live";
    try {
      const spec = withRows(JSON.parse(document.getElementById(place.dataset.spec).textContent));
      await window.vegaEmbed(canvas, spec, { renderer: "svg", actions: false, ast: true, tooltip: false });
      place.replaceChildren(canvas);
      place.dataset.live = "yes";
    } catch (error) {
      place.dataset.live = "no";
      console.error(`chart ${place.dataset.spec}: ${error}`);
    }
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      history.replaceState(null, "", "#" + button.dataset.language);
      show(button.dataset.language);
    });
  }
  window.addEventListener("hashchange", () => {
    if (languages.includes(location.hash.slice(1))) show(asked());
  });

  // links inside the page leave the hash to the language
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    link.addEventListener("click", (event) => {
      const target = document.getElementById(link.hash.slice(1));
      if (!target) return;
      event.preventDefault();
      target.scrollIntoView();
      target.focus({ preventScroll: true });
    });
  }

  for (const button of document.querySelectorAll(".zoom")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const isLarge = button.closest("figure").classList.toggle("enlarged");
      button.setAttribute("aria-pressed", String(isLarge));
    });
  }

  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const one of opened) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });

  show(asked());
})();
