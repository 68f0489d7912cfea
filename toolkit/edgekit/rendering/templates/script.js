"use strict";
// Tables that sort and filter, and links that open what they lead to. Without it the page is whole and all can be read.
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  const valueOf = (row, column) => {
    const cell = row.cells[column];
    const value = "sort" in cell.dataset ? cell.dataset.sort : cell.textContent.trim();
    const number = Number(value.replace(/[,\s%+]/g, "").replace("\u2212", "-"));
    return value === "" ? null : Number.isNaN(number) ? value.toLowerCase() : number;
  };

  const compare = (one, other) =>
    typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other));

  const sortBy = (heading) => {
    const table = heading.closest("table"), column = heading.cellIndex;
    const first = heading.classList.contains("number") ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const direction = heading.getAttribute("aria-sort") === first ? other : first;
    all("th[aria-sort]", table).forEach((each) => each.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", direction);
    const rows = [...table.tBodies[0].rows].map((row) => [valueOf(row, column), row]);
    rows.sort(([one], [another]) => {
      if (one === null || another === null) return (one === null) - (another === null);
      return direction === "ascending" ? compare(one, another) : compare(another, one);
    });
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };

  const filter = (controls) => {
    const table = document.getElementById(controls.dataset.table);
    const groups = all("[data-key]", controls).map((group) => [
      group.dataset.key,
      new Set(all("button[aria-pressed=true]", group).map((button) => button.dataset.value)),
    ]);
    const rows = [...table.tBodies[0].rows];
    for (const row of rows) row.hidden = !groups.every(([key, values]) => values.has(row.dataset[key]));
    const visible = rows.filter((row) => !row.hidden).length;
    controls.querySelector("[role=status]").textContent = `${visible} of ${rows.length} shown`;
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
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) openTarget();
  });
  addEventListener("hashchange", openTarget);
  addEventListener("beforeprint", () => all("details").forEach((one) => (one.open = true)));
  openTarget();
})();
