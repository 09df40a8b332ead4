import { importCustomers, type ImportProblem, type ImportResult } from '../customers/csv-import.js';
import type { CommandStore, CustomersCommandDeps } from './customers-command-deps.js';
import { startProgress, type Progress } from './customers-progress.js';

export const IMPORT_HELP = `
A file has a header row and, in any order, the columns id, name, surname, gender, nationalid, birthday,
streetaddress, city, zipcode, country, telephonecountrycode, telephonenumber, latitude, longitude,
emailaddress, title, occupation, company, username; separated by commas, quoted as RFC 4180 has it, in UTF-8.
id, name, latitude and longitude must not be empty; the id is the sensor id. Geohash and zone are computed.

Rows with errors are named on standard error, by file, line and column, and skipped. Of rows with the same
id the last one counts. To import the same files again changes nothing. In Cassandra an import that was broken
off goes on where it was when it is made again with the same files.

Exit code: 0 when every file was read to its end, even if rows were skipped; 1 when one was not.`;

/** Imports and tells what came of it. */
export async function importFiles(store: CommandStore, files: readonly string[], flags: { readonly json?: true }, deps: CustomersCommandDeps): Promise<void> {
  let progress: Progress | null = null;
  try {
    const result = await importCustomers(store, files, {
      onProgress: ({ bytesRead, totalBytes }) => {
        progress ??= startProgress('importing, bytes', totalBytes, deps);
        progress.update(bytesRead);
      },
    });
    stop(progress);
    if (flags.json) deps.stdout.write(`${JSON.stringify(result)}\n`);
    else {
      for (const problem of result.problems) deps.stderr.write(`${problemLine(problem)}\n`);
      const untold = result.problemCount - result.problems.length;
      if (untold > 0) deps.stderr.write(`and ${untold} more\n`);
      deps.stdout.write(`${importSummary(result)}\n`);
    }
    if (result.unreadable > 0) deps.fail();
  } finally {
    stop(progress);
  }
}

/** `error: a.csv:17: latitude: is "95", expected degrees from -90 to 90`. */
function problemLine({ kind, file, line, column, reason }: ImportProblem): string {
  const place = [file, line].filter((part) => part !== null).join(':');
  return `${kind === 'duplicate' ? 'warning' : 'error'}: ${place}: ${column === null ? '' : `${column}: `}${reason}`;
}

function importSummary({ files, unreadable, imported, replaced, skipped, resumed }: ImportResult): string {
  const parts = [`imported ${counts(imported, 'customer')} from ${counts(files + unreadable, 'file')}`];
  if (resumed > 0) parts.push(`the first ${counts(resumed, 'row')} had been saved before it was broken off`);
  if (skipped > 0) parts.push(`skipped ${counts(skipped, 'row')} with errors`);
  if (replaced > 0) parts.push(`${counts(replaced, 'row')} gave way to a later row of the same id`);
  if (unreadable > 0) parts.push(`${counts(unreadable, 'file')} could not be read to the end`);
  return parts.join('; ');
}

function counts(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function stop(progress: Progress | null): void {
  progress?.stop();
}
