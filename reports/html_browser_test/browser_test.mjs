// SPDX-License-Identifier: BSD-2-Clause
// The HTML report as a reader meets it: in a browser, on a screen, a phone and paper, with a mouse, a keyboard and a
// screen reader. The reports are made by reports/html/write_samples.cc; run.sh prepares everything.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {accessibilityViolations, desktop, launch, openEverything, openSome, phone, withReport} from './page.mjs';

const reports = ['proved', 'finding', 'gate', 'hostile', 'empty'];
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const currentStep = (page) => page.locator('.stepper .step[aria-current="step"] > p code').innerText();

for (const [device, viewport] of Object.entries({desktop, phone})) {
  for (const colorScheme of ['light', 'dark']) {
    for (const name of ['finding', 'gate']) {
      test(`${name} has no accessibility violation (${device}, ${colorScheme})`, () =>
        withReport(browser, name, {viewport, colorScheme}, async (page) => {
          await openSome(page);
          assert.deepEqual(await accessibilityViolations(page), []);
        }));
    }
  }
}

for (const name of reports) {
  test(`${name} does not scroll sideways on a phone`, () =>
    withReport(browser, name, {viewport: phone}, async (page) => {
      const width = () => page.evaluate(() => document.documentElement.scrollWidth);
      assert.equal(await width(), phone.width);
      await openEverything(page);
      assert.equal(await width(), phone.width, 'with everything unfolded');
    }));
}

test('the answer and the matrix are on the first screen', () =>
  withReport(browser, 'proved', {}, async (page) => {
    const bottom = (selector) => page.locator(selector).first().evaluate((element) => element.getBoundingClientRect().bottom);
    assert.ok((await bottom('h1')) < desktop.height / 3);
    assert.ok((await bottom('.matrix')) < desktop.height);
    assert.match(await page.locator('h1').innerText(), /^No map call lets a device reach memory/);
  }));

test('cells of the matrix are told in words and signs, not by colour alone', () =>
  withReport(browser, 'gate', {}, async (page) => {
    const row = page.locator('.matrix tbody tr', {hasText: 'iommu_alloc_coherent'}).locator('td').nth(1);
    const runs = await row.locator('.run').evaluateAll((all) => all.map((run) => run.querySelector('.sr').textContent));
    assert.deepEqual(runs[0], 'refuted for IOMMU page shift 12, 4K.');
    for (const run of await page.locator('.matrix .run').all()) {
      assert.match(await run.locator('[aria-hidden]').innerText(), /^[✗✓○△?]/);
    }
  }));

test('arrow keys step from the page, from the stepper, and stop at the ends', () =>
  withReport(browser, 'gate', {}, async (page) => {
    const [first, second] = ['alloc_coherent #0: 8K of memory at guest 0x0', 'alloc_coherent #1: 8K of memory at guest 0x10000'];
    assert.equal(await currentStep(page), first);
    await page.keyboard.press('ArrowRight');
    assert.equal(await currentStep(page), first, 'the stepper is not in view yet');

    await page.locator('.stepper').scrollIntoViewIfNeeded();
    await page.keyboard.press('ArrowRight');
    assert.equal(await currentStep(page), second);
    assert.equal(await page.locator('[data-position]').innerText(), '2');
    assert.match(await page.locator('#said').innerText(), /^Step 2 of 2: .*mapped at DMA 0x3000.*Here ALIGN-1 is violated/);
    await page.keyboard.press('ArrowRight');
    assert.equal(await currentStep(page), second, 'there is no step after the last');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await currentStep(page), first);

    await page.locator('.stepper').focus();
    await page.keyboard.press('ArrowDown');
    assert.equal(await currentStep(page), second);
    await page.keyboard.press('Home');
    assert.equal(await currentStep(page), first);
    await page.keyboard.press('End');
    assert.equal(await currentStep(page), second);
    await page.keyboard.press('Control+ArrowLeft');
    assert.equal(await currentStep(page), second, 'what the browser does with a modifier is left to it');
  }));

test('buttons and clicks step; only the step at hand and the violation tell more', () =>
  withReport(browser, 'finding', {}, async (page) => {
    const details = page.locator('.step dl');
    assert.deepEqual([await details.nth(0).isVisible(), await details.nth(1).isVisible()], [true, false]);
    assert.equal(await page.getByRole('button', {name: 'Previous'}).getAttribute('aria-disabled'), 'true');
    await page.getByRole('button', {name: 'Next'}).click();
    assert.equal(await currentStep(page), 'unmap_page #0');
    assert.deepEqual([await details.nth(0).isVisible(), await details.nth(1).isVisible()], [true, true], 'step 1 is the violation');
    await page.locator('.step').first().click();
    assert.match(await currentStep(page), /^map_page #0/);
  }));

test('the picture has a text for those who do not see it', () =>
  withReport(browser, 'finding', {}, async (page) => {
    const picture = page.locator('svg.picture:visible');
    assert.equal(await picture.count(), 1, 'the one for this width');
    const words = await picture.locator('desc').textContent();
    assert.match(words, /owner: VM 1, 0x10000 to 0x1ffff/);
    assert.match(words, /exposed: 64K of VM 1, 0x10000 to 0x1ffff/);
    // What is exposed lies below VM 1, as both are drawn over the same axis.
    const box = (selector) => picture.locator(selector).boundingBox();
    const [owner, exposed] = [await box('.owner-1'), await box('.exposed')];
    assert.ok(Math.abs(owner.x - exposed.x) < 1 && Math.abs(owner.width - exposed.width) < 1);
  }));

test('the scenario and the command are copied as they are', () =>
  withReport(browser, 'finding', {permissions: ['clipboard-read', 'clipboard-write']}, async (page) => {
    const copied = async (button) => {
      await button.click();
      await page.waitForFunction((element) => element.textContent === 'Copied', await button.elementHandle());
      return page.evaluate(() => navigator.clipboard.readText());
    };
    const buttons = page.locator('.finding [data-copy]');
    assert.equal(await copied(buttons.nth(0)), './nospan repro nospan-findings/ISO-1-f3b1c2d4.json --target linux --page-shift 16');
    const scenario = JSON.parse(await copied(buttons.nth(1)));
    assert.equal(scenario.schema, 'nospan.scenario/1');
    assert.equal(scenario.commands.length, 2);
    assert.equal(await page.locator('#said').innerText(), 'Copied');
  }));

test('the theme can be chosen', () =>
  withReport(browser, 'finding', {colorScheme: 'light'}, async (page) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const button = page.getByRole('button', {name: 'Theme'});
    const light = await ground();
    await button.click();
    assert.equal(await button.innerText(), 'Theme: light');
    assert.equal(await ground(), light);
    await button.click();
    assert.equal(await button.innerText(), 'Theme: dark');
    assert.notEqual(await ground(), light);
    await button.click();
    assert.equal(await ground(), light);
  }));

test('a keyboard reaches everything, the way past the navigation first', () =>
  withReport(browser, 'finding', {}, async (page) => {
    const focused = () => page.evaluate(() => document.activeElement.textContent.trim().replace(/\s+/g, ' '));
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Skip to the report');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'one map call of one byte lets the device reach memory of another VM');
    const campaign = page.locator('.campaign summary').first();
    await campaign.focus();
    await page.keyboard.press('Enter');
    assert.ok(await page.locator('.campaign .plot').first().isVisible());
  }));

test('a link to a folded claim unfolds it', () =>
  withReport(browser, 'gate', {}, async (page) => {
    const claim = page.locator('.claim', {hasText: 'exact/iommu_alloc_coherent'}).first();
    assert.equal(await claim.evaluate((element) => element.open), false);
    await page.locator('#news a', {hasText: 'exact/iommu_alloc_coherent'}).click();
    await page.waitForFunction((id) => document.getElementById(id).open, await page.evaluate(() => location.hash.slice(1)));
    await page.locator('.claim[open] .chain a').first().click();
    await page.waitForFunction(() => document.getElementById(location.hash.slice(1)).checkVisibility());
  }));

test('nothing of a hostile result runs or becomes an element', () =>
  withReport(browser, 'hostile', {}, async (page) => {
    await openEverything(page);
    assert.equal(await page.locator('script').count(), 1);
    assert.equal(await page.locator('img').count(), 0);
    assert.ok((await page.getByText('</script></style><script>throw 1</script>').count()) > 50);
    assert.ok(await page.evaluate(() => document.querySelector('main').getBoundingClientRect().width > 1000), 'the style is in force');
  }));

test('the page’s policy lets no other script run', () =>
  browser.newContext().then(async (context) => {
    const page = await context.newPage();
    const refused = [];
    page.on('console', (message) => refused.push(message.text()));
    await page.goto(new URL('reports/finding.html', import.meta.url).href);
    await page.evaluate(() => {
      document.body.insertAdjacentHTML('beforeend', '<button id="evil-button" onclick="globalThis.evil = 1">x</button>');
      const script = document.createElement('script');
      script.textContent = 'globalThis.evil = 2';
      document.body.append(script);
      document.getElementById('evil-button').click();
    });
    assert.equal(await page.evaluate(() => globalThis.evil), undefined);
    assert.ok(refused.some((text) => text.includes('Content Security Policy')), refused.join('\n'));
    await context.close();
  }));

test('without script everything is shown', () =>
  withReport(browser, 'gate', {javaScriptEnabled: false}, async (page) => {
    for (const details of await page.locator('.finding .step dl').all()) assert.ok(await details.isVisible());
    assert.equal(await page.locator('button:visible').count(), 0);
  }));

test('on paper everything is unfolded, in dark ink', () =>
  withReport(browser, 'finding', {colorScheme: 'dark'}, async (page) => {
    await page.emulateMedia({media: 'print', colorScheme: 'dark'});
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    assert.equal(await page.locator('details:not([open])').count(), 0);
    assert.equal(await page.locator('nav:visible, button:visible').count(), 0);
    for (const details of await page.locator('.step dl').all()) assert.ok(await details.isVisible());
    const ink = await page.evaluate(() => getComputedStyle(document.querySelector('h1')).color);
    assert.ok(ink.match(/\d+/g).every((part) => Number(part) < 60), ink);
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    assert.ok((await page.locator('details:not([open])').count()) > 0, 'and folded again afterwards');
    assert.ok((await page.pdf({format: 'A4'})).length > 10_000);
  }));
