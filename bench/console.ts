import type { Page } from 'playwright-core';
import { ConsoleBrowser } from '../test/browser/console-browser.js';
import { spread, type BenchCase } from './bench-case.js';

const SENSORS = 50_000;
/** Every so many of the generated sensors is in alarm, so that hundreds of cells are active, in the world and in a zone. */
const ACTIVE_OF = 25;
const ZONE = 'NorthAmerica';
/** The browser tells of longer ones only. */
const LEAST_TOLD_MS = 16;

/** What the console is to hold, at its worst: the first paint and the answer to a pointer or a key, ms. */
const PAINT_BOUND_MS = 1000;
const INTERACTION_BOUND_MS = 100;

/** First view, and pointer and keyboard on the map and its list, in real Chromium on this machine's cores beside the product. */
export const consoleCase: BenchCase = async ({ isQuick, progress }) => {
  const [loads, rounds] = isQuick ? [1, 2] : [5, 10];
  const bench = await ConsoleBrowser.start({}, SENSORS);
  try {
    await bench.motion(...Array.from({ length: SENSORS / ACTIVE_OF }, (_, index) => (index + 1) * ACTIVE_OF));
    await bench.served.product.waitUntilSettled();
    progress(`${SENSORS / ACTIVE_OF} sensors are in alarm`);
    const [world, inZone] = [await fullestActive(bench, 'prefixLength=2'), await fullestActive(bench, `prefixLength=3&zone=${ZONE}`)];
    const paintsMs: number[] = [];
    for (let load = 0; load < loads; load += 1) {
      const page = await bench.open();
      paintsMs.push(await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
      await page.context().close();
      progress(`first view ${load + 1} of ${loads}`);
    }
    const page = await bench.open();
    await page.getByTestId(`cell-${world.geohash}`).and(page.locator('.is-active')).waitFor();
    await page.evaluate(OBSERVE);
    const interactions = interactionsOn(page, world.geohash, inZone.geohash);
    const tookMs = Object.fromEntries(Object.keys(interactions).map((name) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, act] of Object.entries(interactions)) {
        await act();
        tookMs[name]!.push(await slowest(page));
      }
      progress(`interactions ${round + 1} of ${rounds}`);
    }
    return {
      title: 'Console: first view and interaction with 50,000 sensors',
      about: [
        `Headless Chromium beside the product on this machine's cores; ${SENSORS / ACTIVE_OF} alarms are open, ${world.active} of the ${world.cells} cells of the world and ${inZone.active} of the ${inZone.cells} of a zone (${ZONE}) are active.`,
        `${loads} first views, then each interaction ${rounds} times. Milliseconds, least / median / most; a bound is held when the most is below it.`,
        `An interaction is the browser's own measure (the pointer's coming to a cell is one here), from the event to the next painted frame, to 8 ms; what took less than ${LEAST_TOLD_MS} ms is shown as ${LEAST_TOLD_MS}.`,
      ].join('\n'),
      columns: ['what', 'ms', 'bound', 'held'],
      rows: [
        row('first contentful paint, nothing kept from before', paintsMs, PAINT_BOUND_MS),
        ...Object.entries(tookMs).map(([name, ms]) => row(name, ms, INTERACTION_BOUND_MS)),
      ],
    };
  } finally {
    await bench.stop();
  }
};

function row(what: string, ms: readonly number[], bound: number): readonly string[] {
  return [what, spread(ms), String(bound), Math.max(...ms) < bound ? 'yes' : 'NO'];
}

/** Of the active cells the one with the most sensors, and how many there are. */
async function fullestActive(bench: ConsoleBrowser, query: string): Promise<{ readonly geohash: string; readonly active: number; readonly cells: number }> {
  const cells = await bench.cells(query);
  const active = cells.filter((cell) => cell.active > 0);
  const [fullest] = [...active].sort((a, b) => b.sensors - a.sensors);
  if (fullest === undefined || fullest.sensors <= 100) throw new Error(`no active cell has sensors for two pages: ${query}`);
  return { geohash: fullest.geohash, active: active.length, cells: cells.length };
}

/** Each leaves the page as it was before. */
function interactionsOn(page: Page, geohash: string, narrowGeohash: string): Readonly<Record<string, () => Promise<void>>> {
  const [cell, narrow, filtered] = [page.getByTestId(`cell-${geohash}`), page.getByTestId(`cell-${narrowGeohash}`), page.getByRole('button', { name: /: Remove the cell filter$/ })];
  const [list, asList, sensors] = [page.getByTestId('cell-table'), page.getByTestId('as-list'), page.getByTestId('cell-sensors')];
  const turnPage = async () => {
    await sensors.filter({ hasText: '1 – 100' }).waitFor();
    await sensors.getByRole('button', { name: 'Next' }).click();
    await sensors.filter({ hasText: '101 – ' }).waitFor();
  };
  return {
    'pointer from cell to cell': async () => {
      for (const each of await page.locator('.cell.is-active').all().then((all) => all.slice(0, 20))) await each.hover({ force: true });
      await page.locator('.tip').waitFor();
    },
    'click on a cell, which filters the alarms, and the next page of its sensors': async () => {
      await cell.click();
      await filtered.waitFor();
      await turnPage();
    },
    'key on a cell, which ends that': async () => {
      await cell.press('Enter');
      await filtered.waitFor({ state: 'detached' });
    },
    'choice of a zone, click and key on one of its cells': async () => {
      await page.getByTestId('zone').selectOption(ZONE);
      await narrow.waitFor();
      await narrow.click();
      await filtered.waitFor();
      await narrow.press('Enter');
      await filtered.waitFor({ state: 'detached' });
      await page.getByTestId('zone').selectOption('');
      await cell.waitFor();
    },
    'the map as a list, and back': async () => {
      await asList.click();
      await list.waitFor();
      await asList.click();
      await cell.waitFor();
    },
    'the list: a cell, the next page of its sensors, and back': async () => {
      await asList.click();
      const button = list.getByRole('button', { name: `Cell ${geohash}` });
      await button.click();
      await filtered.waitFor();
      await turnPage();
      await button.click();
      await filtered.waitFor({ state: 'detached' });
      await asList.click();
      await cell.waitFor();
    },
  };
}

const OBSERVE = `(() => {
  window.slowest = ${LEAST_TOLD_MS};
  new PerformanceObserver((list) => list.getEntries().forEach(({ name, interactionId, duration }) => {
    if (interactionId > 0 || name === 'pointerover') window.slowest = Math.max(window.slowest, duration);
  })).observe({ type: 'event', durationThreshold: ${LEAST_TOLD_MS} });
})()`;

/** Of the interactions since it was asked last, once the browser has told of them. */
async function slowest(page: Page): Promise<number> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))');
  return page.evaluate<number>(`(() => { const ms = window.slowest; window.slowest = ${LEAST_TOLD_MS}; return ms; })()`);
}
