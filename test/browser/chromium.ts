import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type ConsoleMessage, type Page } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/** Debian's Chromium, without its own traffic; the sandbox needs rights that a container does not give. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

export interface WatchedPage {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page did that it must not do: errors in its console, uncaught exceptions, requests to any host but 127.0.0.1. */
  readonly faults: string[];
}

/** A page at `url` in a browser context of its own. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', ...options });
  const faults: string[] = [];
  context.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') faults.push(`request to ${request.url()}`);
  });
  context.on('console', (message) => {
    if (message.type() === 'error' && !isAnswerOfHealth(message)) faults.push(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => faults.push(`uncaught: ${error.error().message}`));
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(url);
  return { context, page, faults };
}

/** Chromium puts every 503 in the console. Of the health it is an answer, which a store that is slow for two seconds is enough for. */
function isAnswerOfHealth(message: ConsoleMessage): boolean {
  return new URL(message.location().url, 'http://127.0.0.1').pathname === '/api/health' && message.text().includes('503');
}
