"use strict";
// Tables that sort, filter and unfold, and links that open what they lead to. Without it the page is whole and all can be read.
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  const valueOf = (row, column) => {
    const cell = row.cells[column];
    const value = "sort" in cell.dataset ? cell.dataset.sort : cell.textContent.trim();
    const number = Number(value.replace(/[,\s%+]/g, "").replace("\u2212", "-"));
    return value === "" ? null : Number.isNaN(number) ? value.toLowerCase() : number;
  };

  // What a table sorts: its rows, or, where a row has others folded below it, its groups, by the first row of each.
  const sortedParts = (table) =>
    table.tBodies.length > 1 ? [...table.tBodies].map((body) => [body.rows[0], body]) : [...table.tBodies[0].rows].map((row) => [row, row]);

  const compare = (one, other) =>
    typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other));

  const sortBy = (heading) => {
    const table = heading.closest("table"), column = heading.cellIndex;
    const first = heading.classList.contains("number") ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const direction = heading.getAttribute("aria-sort") === first ? other : first;
    all("th[aria-sort]", table).forEach((each) => each.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", direction);
    const parts = sortedParts(table).map(([row, part]) => [valueOf(row, column), part]);
    const parent = parts[0]?.[1].parentElement;
    parts.sort(([one], [another]) => {
      if (one === null || another === null) return (one === null) - (another === null);
      return direction === "ascending" ? compare(one, another) : compare(another, one);
    });
    parent?.append(...parts.map(([, part]) => part));
  };

  const filter = (controls) => {
    const table = document.getElementById(controls.dataset.table);
    const groups = all("[data-key]", controls).map((group) => [
      group.dataset.key,
      new Set(all("button[aria-pressed=true]", group).map((button) => button.dataset.value)),
    ]);
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    for (const row of rows) row.hidden = !groups.every(([key, values]) => values.has(row.dataset[key]));
    const visible = rows.filter((row) => !row.hidden).length;
    table.classList.toggle("filtered", visible < rows.length);
    controls.querySelector("[role=status]").textContent = `${visible} of ${rows.length} rows match`;
  };

  const unfold = (button, opens = button.getAttribute("aria-expanded") !== "true") => {
    button.setAttribute("aria-expanded", String(opens));
    button.closest("tbody").classList.toggle("open", opens);
  };

  const press = (button) => {
    const group = all("button", button.parentElement), isPressed = (one) => one.getAttribute("aria-pressed") === "true";
    const wereAll = group.every(isPressed);
    // From "all" the first press means "only this one"; releasing the last one means "all" again.
    if (wereAll) group.forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
    else button.setAttribute("aria-pressed", String(!isPressed(button)));
    if (!group.some(isPressed)) group.forEach((one) => one.setAttribute("aria-pressed", "true"));
    filter(button.closest(".filters"));
  };

  const openAll = (button) => {
    const parts = all("details", button.parentElement), opens = parts.some((one) => !one.open);
    parts.forEach((one) => (one.open = opens));
    button.textContent = opens ? "Close all" : "Open all";
  };

  const openTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
    target.scrollIntoView();
  };

  document.documentElement.classList.add("js");
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.closest("table.data thead")) sortBy(button.closest("th"));
    else if (button?.closest(".filters")) press(button);
    else if (button?.matches(".open-all")) openAll(button);
    else if (button?.matches(".unfold")) unfold(button);
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) openTarget();
  });
  addEventListener("hashchange", openTarget);
  addEventListener("beforeprint", () => {
    all("details").forEach((one) => (one.open = true));
    all(".unfold").forEach((button) => unfold(button, true));
  });
  openTarget();
})();
