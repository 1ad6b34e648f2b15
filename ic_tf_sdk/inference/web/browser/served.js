// A file has no model and no worker in a browser: the page then says what to do instead.
document.documentElement.classList.toggle("served", location.protocol.startsWith("http"));
