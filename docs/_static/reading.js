// What the theme leaves out: blocks that scroll can be reached by keyboard, the two columns beside
// the text have names, and a column of sentences is wide enough to be read.
"use strict";
const SENTENCE = 60;

function reachable() {
  for (const block of document.querySelectorAll("pre, .table-wrapper")) {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
  }
}

addEventListener("DOMContentLoaded", () => {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "This page");
  for (const cell of document.querySelectorAll(".table-wrapper td")) {
    if (cell.textContent.length > SENTENCE) cell.classList.add("sentence");
  }
  reachable();
});
addEventListener("load", reachable);
addEventListener("resize", reachable);
