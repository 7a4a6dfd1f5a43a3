// An element marked data-key is reached by that key; "?" shows which there are, as the page has
// them now. They do nothing while somebody types, and can be switched off (WCAG 2.1.4).

const OFF = "keys-off";
const SETTLES = 600;
const dialog = document.querySelector("dialog[data-keys]");
const marked = () => [...document.querySelectorAll("[data-key]")];
const inUse = () => localStorage.getItem(OFF) === null;
const ready = performance.now();

function act(element) {
  if (element.matches("textarea, input[type=text]")) element.focus();
  else element.click();
  if (element.matches("summary, input")) element.focus();
}

function isTyping({ target }) {
  if (target.isContentEditable || target.matches?.("textarea, select")) return true;
  return target.matches?.("input") && !["radio", "checkbox"].includes(target.type);
}

function named(element) {
  const words = element.labels?.[0] ?? element;
  return (element.getAttribute("aria-label") ?? words.textContent).replace(/\s+/g, " ").trim();
}

const reachable = () => marked().filter((element) => element.checkVisibility() && !element.disabled);

// The first of those that share a key is meant: of several numbers the one above.
function meant(key) {
  return reachable().find((element) => element.dataset.key === key);
}

function list() {
  const rows = dialog.querySelector("tbody");
  rows.replaceChildren();
  for (const element of reachable().filter((one) => one === meant(one.dataset.key))) {
    const row = rows.insertRow();
    const key = document.createElement("kbd");
    key.textContent = element.dataset.key;
    row.insertCell().append(key);
    row.insertCell().textContent = named(element);
  }
}

function mark() {
  for (const element of marked()) {
    if (inUse()) element.setAttribute("aria-keyshortcuts", element.dataset.key);
    else element.removeAttribute("aria-keyshortcuts");
  }
}

function open() {
  list();
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  const { key, repeat, isComposing, ctrlKey, metaKey, altKey } = event;
  if (!inUse() || repeat || isComposing || ctrlKey || metaKey || altKey || isTyping(event)) return;
  if (dialog?.open || performance.now() < ready + SETTLES) return;
  const element = meant(key.toLowerCase());
  if (key === "?" && dialog && marked().length) open();
  else if (element) act(element);
  else return;
  event.preventDefault();
});

if (dialog) {
  const used = dialog.querySelector("input[type=checkbox]");
  used.checked = inUse();
  used.addEventListener("change", () => {
    if (used.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
    mark();
  });
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
  for (const button of document.querySelectorAll("[data-keys-open]")) {
    button.hidden = false;
    button.addEventListener("click", open);
  }
}
mark();
