// The token, where the endpoint wants one: asked for once, and kept in this tab alone.
const TOKEN_PLACE = `ic-tf serve, token of ${location.pathname}`;
let token = keptToken();
let tokenGiven = null;

// A frame may have no place to keep it in; the page then asks again when it is loaded anew.
function keptToken() {
  try {
    return sessionStorage.getItem(TOKEN_PLACE) ?? "";
  } catch {
    return "";
  }
}

function keepToken(given) {
  token = given;
  try {
    sessionStorage.setItem(TOKEN_PLACE, given);
  } catch { /* It is kept until the page is loaded anew. */ }
}

// As fetch does; what is refused for want of a token waits for one.
async function call(path, options = {}) {
  for (;;) {
    const sent = token;
    const bearer = sent === "" ? {} : {"Authorization": `Bearer ${sent}`};
    const response = await fetch(path, {...options, headers: {...options.headers, ...bearer}});
    if (response.status !== 401 || !wantsToken(response)) return response;
    if (token === sent) await newToken(sent !== "");
    options.signal?.throwIfAborted();
  }
}

// What stands between the page and the endpoint may want something else.
function wantsToken(response) {
  return (response.headers.get("WWW-Authenticate") ?? "").startsWith("Bearer");
}

function newToken(refused) {
  at("token-form").hidden = false;
  at("token-said").textContent = refused ? "That is not the token." : "This endpoint asks for a token.";
  at("curl").textContent = command(selected?.name ?? "photo.jpg");
  return new Promise((go) => {
    const before = tokenGiven;
    tokenGiven = () => { before?.(); go(); };
  });
}

at("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = at("token").value.trim();
  // What no header can hold is no token.
  if (!/^[\x21-\x7e]+$/.test(given)) {
    at("token-said").textContent = "That is not the token.";
    return;
  }
  keepToken(given);
  at("token").value = "";
  at("token-form").hidden = true;
  const go = tokenGiven;
  tokenGiven = null;
  go?.();
  at("curl").textContent = command(selected?.name ?? "photo.jpg");
});
