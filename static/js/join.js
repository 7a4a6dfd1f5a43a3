// An invitation link carries its code behind the #, where no server or proxy logs it. The code goes
// into the field marked data-from-hash, and out of the address bar and the history. What the code is
// good for is said at once, in the element marked data-says, by asking; asking uses nothing up.

const input = document.querySelector("input[data-from-hash]");
const says = document.querySelector("[data-says]");
const code = decodeURIComponent(location.hash.slice(1).replace(/%(?![0-9a-f]{2})/gi, "%25"));
const WHOLE = 12;

async function ask() {
  if (input.value.replace(/[^0-9a-z]/gi, "").length < WHOLE) return;
  const asked = new FormData();
  for (const name of ["csrf_token", "code"]) asked.set(name, input.form.elements[name].value);
  const answer = await fetch(says.dataset.ask, { method: "POST", body: asked });
  if (answer.ok) show(await answer.json());
}

function show({ good, says: sentences }) {
  says.className = `banner tone--${good ? "success" : "error"}`;
  says.firstElementChild.replaceChildren(...sentences.map((sentence) => {
    const line = document.createElement("p");
    line.textContent = sentence;
    return line;
  }));
  says.hidden = false;
}

if (input && code) {
  input.value = code;
  history.replaceState(null, "", location.pathname + location.search);
}
if (input && says) {
  // Without an answer the form says the same once it is sent.
  const quietly = () => ask().catch(() => {});
  input.addEventListener("change", quietly);
  if (code) quietly();
}
