// A form marked data-once is sent once, however often a slow line makes people tap.

// A line that died, or an answer that is a download, must not leave a dead button behind.
const AGAIN_AFTER = 15_000;

function buttonsOf(form) {
  return [...form.elements].filter((element) => element.type === "submit");
}

function release(form) {
  delete form.dataset.sent;
  for (const button of buttonsOf(form)) button.disabled = false;
}

function hold(form) {
  form.dataset.sent = "yes";
  // Only after this turn: the browser still has to read the tapped button's name and value.
  setTimeout(() => {
    for (const button of buttonsOf(form)) button.disabled = true;
  });
  setTimeout(() => release(form), AGAIN_AFTER);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("form[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  else hold(form);
});

// What could not be sent nor kept may be sent again at once: line.js says so.
document.addEventListener("notkept", () => document.querySelectorAll("form[data-sent]").forEach(release));

// Coming back by the back button shows the page as it was left, with its buttons held.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});
