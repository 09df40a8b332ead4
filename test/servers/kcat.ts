import { systemProgram } from './system-program.js';

/** The path of kcat, the consumer in C that the benchmark measures itself against. Thrown: an error naming its package. */
export const kcatProgram = (): string => systemProgram('kcat');
