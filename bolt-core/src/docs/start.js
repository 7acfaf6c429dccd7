// Runs before Scalar's script: what it is to show, and what it is not to do.
"use strict";

// Its checks of values would try to make code out of text, which the page's policy forbids and the console reports.
globalThis.__zod_globalConfig = { jitless: true };

addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("api");
  const url = (relative) => new URL(relative, location.href).href;
  Scalar.createApiReference(place, {
    url: url(place.dataset.document),
    // Behind a proxy that takes off the beginning of the path, the API begins where the page says.
    baseServerURL: url(place.dataset.root).replace(/\/$/, ""),
    // All streams are on the page at once.
    defaultOpenAllTags: true,
    // Nothing from other hosts, and nothing to them.
    withDefaultFonts: false,
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    // No offers: developer tools, share, deploy, SDKs, another client.
    showDeveloperTools: "never",
    hideClientButton: true,
    // A link to the document, rather than a copy of it.
    documentDownloadType: "direct",
  });
});
