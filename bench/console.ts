import type { Page } from 'playwright-core';
import { cellOf, ConsoleBrowser } from '../test/browser/console-browser.js';
import { spread, type BenchCase } from './bench-case.js';

const SENSORS = 50_000;
/** Some sensor of the generated ones. */
const SENSOR = 21;
/** The browser tells of longer ones only. */
const LEAST_TOLD_MS = 16;

/** First view, and pointer and keyboard on the map, in real Chromium on this machine's cores beside the product. */
export const consoleCase: BenchCase = async ({ isQuick, progress }) => {
  const [loads, rounds] = isQuick ? [1, 2] : [5, 10];
  const bench = await ConsoleBrowser.start({}, SENSORS);
  try {
    const customer = await bench.customer(SENSOR);
    await bench.motion(SENSOR);
    const paintsMs: number[] = [];
    for (let load = 0; load < loads; load += 1) {
      const page = await bench.open();
      paintsMs.push(await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
      await page.context().close();
      progress(`first view ${load + 1} of ${loads}`);
    }
    const page = await bench.open();
    const cell = cellOf(page, customer);
    await cell.and(page.locator('.is-active')).waitFor();
    const [narrow, wide] = [page.getByTestId(`cell-${customer.geohash.slice(0, 3)}`), page.getByRole('button', { name: /: Remove the cell filter$/ })];
    const interactions: Record<string, () => Promise<void>> = {
      'click on a cell, which filters the alarms': async () => {
        await cell.click();
        await wide.waitFor();
      },
      'key on a cell, which ends that': async () => {
        await cell.press('Enter');
        await wide.waitFor({ state: 'detached' });
      },
      'choice of a zone, click and key on one of its cells': async () => {
        await page.getByTestId('zone').selectOption(customer.dashboard);
        await narrow.waitFor();
        await narrow.click();
        await wide.waitFor();
        await narrow.press('Enter');
        await wide.waitFor({ state: 'detached' });
        await page.getByTestId('zone').selectOption('');
        await cell.waitFor();
      },
    };
    await page.evaluate(OBSERVE);
    const rows = [['first contentful paint, nothing kept from before', spread(paintsMs)]];
    const tookMs = Object.fromEntries(Object.keys(interactions).map((name) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, act] of Object.entries(interactions)) {
        await act();
        tookMs[name]!.push(await slowest(page));
      }
      progress(`interactions ${round + 1} of ${rounds}`);
    }
    rows.push(...Object.entries(tookMs).map(([name, ms]) => [name, spread(ms)]));
    return {
      title: 'Console: first view and interaction with 50,000 sensors',
      about: [
        `Headless Chromium beside the product on this machine's cores; ${loads} first views, then each interaction ${rounds} times. Milliseconds, least / median / most.`,
        `An interaction is the browser's own measure, from the event to the next painted frame, to 8 ms; what took less than ${LEAST_TOLD_MS} ms is shown as ${LEAST_TOLD_MS}.`,
      ].join('\n'),
      columns: ['what', 'ms'],
      rows,
    };
  } finally {
    await bench.stop();
  }
};

const OBSERVE = `(() => {
  window.slowest = ${LEAST_TOLD_MS};
  new PerformanceObserver((list) => list.getEntries().forEach(({ interactionId, duration }) => {
    if (interactionId > 0) window.slowest = Math.max(window.slowest, duration);
  })).observe({ type: 'event', durationThreshold: ${LEAST_TOLD_MS} });
})()`;

/** Of the interactions since it was asked last, once the browser has told of them. */
async function slowest(page: Page): Promise<number> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))');
  return page.evaluate<number>(`(() => { const ms = window.slowest; window.slowest = ${LEAST_TOLD_MS}; return ms; })()`);
}
