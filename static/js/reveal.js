// A button with data-reveal="id of a password field" shows what is typed there, and hides it again.

function toggle(button, input) {
  input.type = input.type === "password" ? "text" : "password";
  [button.textContent, button.dataset.other] = [button.dataset.other, button.textContent];
}

for (const button of document.querySelectorAll("button[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => toggle(button, input));
  // Browsers offer to keep a password only from a field that is one when it is sent.
  input.form?.addEventListener("submit", () => { input.type = "password"; });
}
