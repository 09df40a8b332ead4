import { repositoryFile } from './compose-file.js';

const { scripts } = JSON.parse(repositoryFile('package.json')) as { scripts: { start: string; bench: string } };

/** As people read it. */
export const PRODUCT_COMMAND = scripts.start;
const words = PRODUCT_COMMAND.split(' ').slice(1);

/** What Node is given as `npm start` gives it, such as `--max-semi-space-size=64`. */
export const PRODUCT_OPTIONS = words.slice(0, -1);

/** The same and the program. */
export const PRODUCT_ARGUMENTS = words;

/** What `npm run bench` runs, once the product is built. */
export const BENCH_COMMAND = scripts.bench.split(' && ').at(-1)!;

/** What an image runs. */
export const IMAGE_COMMAND = JSON.parse(/^CMD (\[.+\])$/m.exec(repositoryFile('docker/Dockerfile'))![1]!) as string[];
