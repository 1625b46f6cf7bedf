// SPDX-License-Identifier: BSD-2-Clause
// Pictures of a report for docs/images: node screenshots.mjs REPORT.html DIR, in the folder where run.sh installed.
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {launch} from './page.mjs';

const [report, folder] = process.argv.slice(2);
const browser = await launch();
for (const [device, viewport] of Object.entries({desktop: {width: 1280, height: 1400}, phone: {width: 390, height: 1400}})) {
  for (const colorScheme of ['light', 'dark']) {
    const page = await browser.newPage({viewport, colorScheme});
    await page.goto(pathToFileURL(path.resolve(report)).href);
    await page.screenshot({path: path.join(folder, `report-${device}-${colorScheme}.png`)});
    await page.close();
  }
}
await browser.close();
