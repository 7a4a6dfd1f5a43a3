// A note is kept in this tab until its call is saved, so that a reload does not lose it. It goes
// when the tab is closed, with the next page after the save, and on sign-out.

const PREFIX = "note:";
const user = document.body.dataset.user;
const form = document.querySelector("form[data-call]");
const note = form?.elements.note;
// A case that comes back comes with another batch: what was typed then is not for now.
const name = form && [PREFIX + user, form.elements.hold?.value ?? "", form.dataset.call].join(":");

function drafts() {
  return Object.keys(sessionStorage).filter((one) => one.startsWith(PREFIX));
}

function forget(names) {
  for (const one of names) sessionStorage.removeItem(one);
}

// Drafts of somebody else, and those whose form was sent: this page is there, so it arrived.
forget(drafts().filter((one) => (
  user && !one.startsWith(`${PREFIX}${user}:`)) || sessionStorage.getItem(one).startsWith("sent:")));

if (note) {
  const draft = sessionStorage.getItem(name);
  if (draft && !note.value) note.value = draft.replace("kept:", "");
  else if (note.value) sessionStorage.setItem(name, `kept:${note.value}`);
  note.addEventListener("input", () => sessionStorage.setItem(name, `kept:${note.value}`));
  form.addEventListener("submit", (event) => {
    if (!event.defaultPrevented && note.value) sessionStorage.setItem(name, `sent:${note.value}`);
  });
}

document.addEventListener("submit", (event) => {
  if (new URL(event.target.action).pathname === "/sign-out") forget(drafts());
});
