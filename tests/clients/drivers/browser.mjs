// A browser that opens a page for each stream: `chromium` over CDP, `firefox` over WebDriver BiDi. A page shows things
// with `console.log("show", …)`.
import { drive, installed } from "./drive.mjs";

const puppeteer = installed("puppeteer-core").default;

const launched = {
  chromium: {
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--host-resolver-rules=MAP plain.test 127.0.0.1",
      // A process for each page would take longer than all else.
      "--renderer-process-limit=1",
      "--disable-site-isolation-trials",
    ],
  },
  firefox: {
    browser: "firefox",
    executablePath: "/usr/bin/firefox-esr",
    extraPrefsFirefox: {
      "network.dns.localDomains": "plain.test",
      "fission.autostart": false,
      "dom.ipc.processCount": 1,
    },
  },
};
// It may take long on a busy machine; the test waits for it.
const browser = await puppeteer.launch({ headless: true, timeout: 90_000, ...launched[process.argv[2]] });

await drive(async ({ page: address }, show) => {
  const page = await browser.newPage();
  page.on("console", (message) => {
    const [, shown] = message.text().match(/^show (\{.*\})$/) ?? [];
    if (shown) {
      const { what, ...more } = JSON.parse(shown);
      show(what, more);
    }
  });
  if (process.env.CELLS) page.on("pageerror", (error) => console.error(`${address}: ${error}`));
  await page.goto(address, { waitUntil: "domcontentloaded" });
  return () => page.close();
});
