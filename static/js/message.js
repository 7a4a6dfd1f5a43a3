// A form marked data-message opens the phone's own message app with one tap: the server notes that
// the number is sent a message and tells the address that opens it. Without this, a page has the link.

function say(form, text) {
  form.querySelector("button").textContent = text;
}

async function open(form) {
  const sent = { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } };
  const answer = await fetch(form.action, sent).catch(() => null);
  if (answer === null) return say(form, form.dataset.failed);
  // Whoever is signed out by now is led where the plain form leads.
  if (!answer.headers.get("Content-Type")?.startsWith("application/json")) return form.submit();
  const { address, problem } = await answer.json();
  say(form, problem ?? form.dataset.again);
  if (address) location.href = address;
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-message]")) return;
  event.preventDefault();
  open(event.target);
});
