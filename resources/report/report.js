"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const by = (id) => document.getElementById(id);
  const columns = [
    { key: "picture", title: "Map" },
    { key: "name", title: "Spectrum", sort: true },
    { key: "sample", title: "Sample", sort: true },
    { key: "experiment", title: "Experiment", sort: true },
    { key: "title", title: "Class", sort: true },
    { key: "score", title: "Score", sort: true, number: true },
    { key: "said", title: "Network says", sort: true },
    { key: "method", title: "Method", sort: true },
    { key: "layer", title: "Layer", sort: true },
    { key: "network", title: "Network", sort: true },
    { key: "contributions", title: "Contributions" },
    { key: "notes", title: "Notes", sort: true },
  ].filter((c) => c.key === "picture" || data.rows.some((r) => r[c.key] !== "" && r[c.key] !== null));
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const state = { sort: "", down: false };

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function linkTo(file, text) {
    const link = element("a", text);
    link.href = encodeURIComponent(file);
    link.title = file;
    return link;
  }

  function contributionsCell(row) {
    const cell = element("td", "", "short");
    if (row.contributions) cell.append(linkTo(row.contributions, "table"));
    return cell;
  }

  function pictureCell(row) {
    const cell = element("td", "", "picture");
    if (!row.file) return cell;
    const link = linkTo(row.file);
    const image = element("img");
    image.alt = row.title + ", " + row.method + ": map of " + row.name;
    image.loading = "lazy";
    image.decoding = "async";
    if (row.thumbnail) image.src = "data:image/png;base64," + row.thumbnail;
    link.append(image);
    cell.append(link);
    return cell;
  }

  function notesCell(row) {
    const cell = element("td", "", row.error ? "notes bad" : "notes");
    const text = element("div", row.notes);
    cell.append(text);
    if (row.notes.length > 180) {
      const button = element("button", "all");
      button.type = "button";
      button.addEventListener("click", () => {
        button.textContent = text.classList.toggle("open") ? "less" : "all";
      });
      cell.append(button);
    }
    return cell;
  }

  function cellOf(row, column) {
    if (column.key === "picture") return pictureCell(row);
    if (column.key === "contributions") return contributionsCell(row);
    if (column.key === "notes") return notesCell(row);
    if (column.number) return element("td", row.scoreText, "number");
    const text = row[column.key];
    const cell = element("td", text, column.key !== "name" && text.length < 24 ? "short" : "");
    if (column.key === "name") cell.append(element("span", row.path, "path"));
    if (column.key === "said" && row.present) cell.classList.add("yes");
    return cell;
  }

  const body = by("body");
  const lines = data.rows.map((row, number) => {
    const line = element("tr");
    for (const column of columns) line.append(cellOf(row, column));
    const text = [row.name, row.path, row.sample, row.experiment, row.title, row.class, row.said,
      row.method, row.layer, row.network, row.notes, row.file, row.contributions].join("\n").toLocaleLowerCase();
    return { row, line, text, number };
  });

  function before(a, b) {
    const left = a.row[state.sort], right = b.row[state.sort];
    const noLeft = left === null || left === "", noRight = right === null || right === "";
    if (noLeft || noRight) return noLeft - noRight || a.number - b.number;
    const order = typeof left === "number" ? left - right : collator.compare(left, right);
    return (state.down ? -order : order) || a.number - b.number;
  }

  function sort() {
    const ordered = state.sort ? [...lines].sort(before) : lines;
    body.append(...ordered.map((entry) => entry.line));
    for (const heading of by("head").children) {
      if (!heading.dataset.key) continue;
      const chosen = heading.dataset.key === state.sort;
      heading.setAttribute("aria-sort", chosen ? (state.down ? "descending" : "ascending") : "none");
    }
  }

  function filter() {
    const words = by("search").value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const wanted = { class: by("class").value, experiment: by("experiment").value, method: by("method").value };
    let shown = 0;
    for (const { row, line, text } of lines) {
      const fits = words.every((word) => text.includes(word)) &&
        Object.entries(wanted).every(([key, value]) => !value || row[key] === value) &&
        (!by("present").checked || row.present);
      line.hidden = !fits;
      shown += fits;
    }
    by("count").textContent = shown.toLocaleString("en") + " of " + lines.length.toLocaleString("en") + " rows";
    by("nothing").hidden = shown > 0;
  }

  for (const column of columns) {
    const heading = element("th", column.sort ? "" : column.title, column.sort ? "" : "plain");
    heading.scope = "col";
    if (column.sort) {
      heading.dataset.key = column.key;
      const button = element("button", column.title);
      button.type = "button";
      button.addEventListener("click", () => {
        const again = state.sort === column.key;
        state.down = again ? !state.down : Boolean(column.number);
        state.sort = column.key;
        sort();
      });
      heading.append(button);
    }
    by("head").append(heading);
  }

  function fill(id, titleOf) {
    const box = by(id);
    box.append(new Option("all", ""));
    const known = new Map(data.rows.filter((r) => r[id]).map((r) => [r[id], titleOf(r)]));
    for (const [value, title] of [...known].sort((a, b) => collator.compare(a[1], b[1]))) {
      box.append(new Option(title, value));
    }
    box.addEventListener("change", filter);
  }
  fill("class", (row) => row.title);
  fill("experiment", (row) => row.experiment);
  fill("method", (row) => row.method);
  by("search").addEventListener("input", filter);
  by("present").addEventListener("change", filter);
  by("filters").addEventListener("submit", (event) => event.preventDefault());
  by("filters").addEventListener("reset", () => setTimeout(filter, 0));
  sort();
  filter();
})();
