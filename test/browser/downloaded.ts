import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

/** The file that a link gives, as it is. */
export async function downloaded(page: Page, testId: string): Promise<string> {
  const waiting = page.waitForEvent('download');
  await page.getByTestId(testId).click();
  return readFile(await (await waiting).path(), 'utf8');
}

/** The same by lines, without the mark at its beginning. */
export async function downloadedLines(page: Page, testId: string): Promise<readonly string[]> {
  return (await downloaded(page, testId)).replace(/^\uFEFF/, '').trimEnd().split(/\r?\n/);
}
