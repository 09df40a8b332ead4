import { command } from '../api.js';

/** The answer of an operation. Thrown: an error with what the server said against it. */
export async function operate<T>(path: string, body: object = {}): Promise<T> {
  const answer = await carryOut(path, body);
  return (await answer.json()) as T;
}

/** Runs a long operation, which tells how far it is, a line of JSON each. Thrown: as by `operate`, also when it failed on the way. */
export async function operateLong<T>(path: string, onProgress: (progress: { done: number; of: number }) => void): Promise<T> {
  const { body } = await carryOut(path, {});
  if (body === null) throw new Error('no answer');
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    text += value ?? '';
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const { progress, result, problem } = JSON.parse(line) as ProgressLine<T>;
      if (progress !== undefined) onProgress(progress);
      if (problem !== undefined) throw new Error(problem.detail);
      if (result !== undefined) return result;
    }
    if (done) throw new Error('the answer ended before the result');
  }
}

interface ProgressLine<T> {
  readonly progress?: { readonly done: number; readonly of: number };
  readonly result?: T;
  readonly problem?: { readonly detail: string };
}

async function carryOut(path: string, body: object): Promise<Response> {
  const answer = await command(path, body);
  if (answer.ok) return answer;
  const { detail } = (await answer.json().catch(() => ({}))) as { detail?: string };
  throw new Error(detail ?? String(answer.status));
}
