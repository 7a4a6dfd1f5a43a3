// A page that says why a form was not taken stands in the history as that sending: who came back to
// it after a good one would be asked whether to send it again. Once the form is sent anew it stands
// there as a mere look at its address; until then, to load it again keeps what was typed.

document.addEventListener("submit", () => {
  if (document.querySelector("[role=alert]:not([hidden])")) history.replaceState(null, "", location.href);
});
