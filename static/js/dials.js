// Whoever taps a number has rung that number: its tile under "Which number did you ring?" follows.

for (const place of document.querySelectorAll("[data-dials]")) {
  place.addEventListener("click", () => {
    for (const tile of document.querySelectorAll("input[type=radio][name=number]")) {
      if (tile.value === place.dataset.dials) tile.checked = true;
    }
  });
}
