// SPDX-License-Identifier: BSD-2-Clause
// A browser, and a report opened in it that must not complain or fetch anything.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {chromium} from 'playwright-core';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const desktop = {width: 1280, height: 860};
export const phone = {width: 390, height: 844};

// Debian's Chromium; --no-sandbox as CI runs as root. The rest keeps it from looking for the network.
export function launch() {
  return chromium.launch({
    executablePath: process.env.NOSPAN_CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
}

// Opens reports/NAME.html, gives the page to `use`, and fails on anything that the console or the network saw.
export async function withReport(browser, name, options, use) {
  const context = await browser.newContext({viewport: desktop, colorScheme: 'light', ...options});
  const complaints = [];
  const requests = [];
  try {
    const page = await context.newPage();
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on('request', (request) => requests.push(request.url()));
    const url = pathToFileURL(path.resolve('reports', `${name}.html`)).href;
    await page.goto(url);
    await use(page, context);
    assert.deepEqual(complaints, [], `${name}: nothing on the console`);
    assert.deepEqual(requests, [url], `${name}: nothing fetched`);
  } finally {
    await context.close();
  }
}

export function openEverything(page) {
  return page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
}

// Everything but most of the claims, which are all alike: axe-core takes long on thousands of elements.
export function openSome(page) {
  return page.evaluate(() => {
    for (const details of document.querySelectorAll('details:not(.claim, .claim details)')) details.open = true;
    for (const claim of [...document.querySelectorAll('.claim')].slice(0, 6)) {
      for (const details of [claim, ...claim.querySelectorAll('details')]) details.open = true;
    }
  });
}

// What axe-core finds against WCAG 2.0, 2.1 and 2.2, levels A and AA, as lines.
export async function accessibilityViolations(page) {
  await page.evaluate(axe); // not a script of the page, so that the page's policy does not keep it out
  const results = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
      resultTypes: ['violations'],
    }),
  );
  return results.violations.map(
    ({id, help, nodes}) => `${id}: ${help}: ${nodes.slice(0, 5).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(' | ')}`,
  );
}
