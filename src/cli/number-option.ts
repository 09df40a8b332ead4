import { InvalidArgumentError } from 'commander';

/** Reads an option's value: decimal digits. Thrown: `InvalidArgumentError` for anything else, and outside the bounds. */
export function integerFrom(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= low && value <= high)) throw new InvalidArgumentError(`expected an integer from ${low} to ${high}.`);
    return value;
  };
}

/** The same for any number. */
export function numberFrom(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!(value >= low && value <= high)) throw new InvalidArgumentError(`expected a number from ${low} to ${high}.`);
    return value;
  };
}
