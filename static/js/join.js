// An invitation link carries its code behind the #, where no server or proxy logs it. The code goes
// into the field marked data-from-hash, and out of the address bar and the history.

const input = document.querySelector("input[data-from-hash]");
const code = decodeURIComponent(location.hash.slice(1).replace(/%(?![0-9a-f]{2})/gi, "%25"));

if (input && code) {
  input.value = code;
  history.replaceState(null, "", location.pathname + location.search);
}
