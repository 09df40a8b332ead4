import { repositoryFile } from './compose-file.js';

const { scripts } = JSON.parse(repositoryFile('package.json')) as { scripts: { start: string } };
const words = scripts.start.split(' ').slice(1);

/** What Node is given as `npm start` gives it, such as `--max-semi-space-size=64`. */
export const PRODUCT_OPTIONS = words.slice(0, -1);

/** The same and the program. */
export const PRODUCT_ARGUMENTS = words;

/** What an image runs. */
export const IMAGE_COMMAND = JSON.parse(/^CMD (\[.+\])$/m.exec(repositoryFile('docker/Dockerfile'))![1]!) as string[];
