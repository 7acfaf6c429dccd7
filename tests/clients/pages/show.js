// What a page is told in its address, and how it shows what its client shows.
const parameters = new URLSearchParams(location.search);
const stream = parameters.get("stream");
const show = (what, more) => console.log("show " + JSON.stringify({ what, ...more }));
