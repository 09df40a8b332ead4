import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

/** The file that a link gives, as it is. */
export async function downloaded(page: Page, testId: string): Promise<string> {
  const waiting = page.waitForEvent('download');
  await page.getByTestId(testId).click();
  return readFile(await (await waiting).path(), 'utf8');
}
